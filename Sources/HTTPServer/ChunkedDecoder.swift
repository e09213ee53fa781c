/// Undoes the chunked transfer coding (RFC 9112, section 7.1), fed in pieces of any size.
///
/// Extensions are skipped and trailers dropped: merging them into the head would let a client smuggle fields past it.
struct ChunkedDecoder: Equatable {
    private enum State: Equatable {
        case size(digits: Int)
        case ending
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailer
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
        case done
    }

    /// Longest chunk extension, and longest trailer section, in bytes.
    static let lineLimit = 256
    static let trailerLimit = 8 * 1024

    private var state = State.size(digits: 0)
    private var remaining = 0
    private var overhead = 0

    var isDone: Bool { state == .done }

    /// Appends the data in `bytes` to `output` and returns how many bytes belonged to the body: fewer than all only
    /// when it has ended.
    mutating func decode(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(ProtocolError) -> Int {
        var position = 0
        while position < bytes.count, state != .done {
            if state == .data {
                let count = min(remaining, bytes.count - position)
                bytes.extracting(position..<position + count).withUnsafeBufferPointer { output.append(contentsOf: $0) }
                position += count
                remaining -= count
                if remaining == 0 { state = .dataCarriageReturn }
            } else {
                try step(bytes[position])
                position += 1
            }
        }
        return position
    }

    private mutating func step(_ byte: UInt8) throws(ProtocolError) {
        switch state {
        case .size(let digits): try sizeStep(byte, digits)
        case .ending:
            overhead += 1
            if byte == ASCII.carriageReturn {
                state = .sizeLineFeed
            } else if !ASCII.isFieldValue(byte) || overhead > Self.lineLimit {
                throw ProtocolError("malformed chunk extension")
            }
        case .sizeLineFeed:
            try expect(ASCII.lineFeed, byte)
            overhead = 0
            state = remaining > 0 ? .data : .trailer
        case .dataCarriageReturn:
            try expect(ASCII.carriageReturn, byte)
            state = .dataLineFeed
        case .dataLineFeed:
            try expect(ASCII.lineFeed, byte)
            state = .size(digits: 0)
        case .data, .done: break
        default: try trailerStep(byte)
        }
    }

    private mutating func sizeStep(_ byte: UInt8, _ digits: Int) throws(ProtocolError) {
        if let value = ASCII.hexValue(byte) {
            // 15 digits cannot overflow.
            guard digits < 15 else { throw ProtocolError("chunk size too large") }
            remaining = remaining << 4 | value
            state = .size(digits: digits + 1)
        } else {
            guard digits > 0 else { throw ProtocolError("malformed chunk size") }
            switch byte {
            case ASCII.carriageReturn: state = .sizeLineFeed
            case ASCII.semicolon: state = .ending
            default: throw ProtocolError("malformed chunk size")
            }
        }
    }

    private mutating func trailerStep(_ byte: UInt8) throws(ProtocolError) {
        overhead += 1
        guard overhead <= Self.trailerLimit else {
            throw ProtocolError(.requestHeaderFieldsTooLarge, "trailers too large")
        }
        switch state {
        case .trailer where byte == ASCII.carriageReturn: state = .lastLineFeed
        case .trailer where ByteSet.token.contains(byte): state = .trailerName
        case .trailerName where byte == ASCII.colon: state = .trailerValue
        case .trailerName where ByteSet.token.contains(byte): break
        case .trailerValue where byte == ASCII.carriageReturn: state = .trailerLineFeed
        case .trailerValue where ASCII.isFieldValue(byte): break
        case .trailerLineFeed where byte == ASCII.lineFeed: state = .trailer
        case .lastLineFeed where byte == ASCII.lineFeed: state = .done
        default: throw ProtocolError("malformed trailer")
        }
    }

    private func expect(_ expected: UInt8, _ byte: UInt8) throws(ProtocolError) {
        guard byte == expected else { throw ProtocolError("malformed chunk") }
    }
}
