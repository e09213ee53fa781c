/// What is still to come of a request's body.
struct IncomingBody {
    private enum Rest {
        case length(Int)
        case chunked(ChunkedDecoder)
    }
    private var rest: Rest

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: rest = .length(0)
        case .length(let bytes): rest = .length(bytes)
        case .chunked: rest = .chunked(ChunkedDecoder())
        }
    }

    var isComplete: Bool {
        switch rest {
        case .length(let bytes): bytes == 0
        case .chunked(let decoder): decoder.isDone
        }
    }

    /// `nil` when nobody knows.
    var remaining: Int? {
        switch rest {
        case .length(let bytes): bytes
        case .chunked(let decoder): decoder.isDone ? 0 : nil
        }
    }

    /// Appends the body's data in `bytes` to `output` and returns how many bytes were the body's.
    mutating func decode(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(ProtocolError) -> Int {
        switch rest {
        case .length(let remaining):
            let count = min(remaining, bytes.count)
            bytes.extracting(0..<count).withUnsafeBufferPointer { output.append(contentsOf: $0) }
            rest = .length(remaining - count)
            return count
        case .chunked(var decoder):
            let count = try decoder.decode(bytes, into: &output)
            rest = .chunked(decoder)
            return count
        }
    }
}
