/// What the fields that decide about framing and the connection say, gathered while a head is parsed.
struct FieldSemantics {
    private var host: Range<Int>?
    private var contentLength: Int?
    private var isChunked = false
    private var closes = false
    private var keepsAlive = false
    private var expectsContinue = false

    mutating func note(_ field: FieldPosition, _ bytes: Span<UInt8>) throws(ProtocolError) {
        switch field.name.count {
        case 4 where bytes.equalsIgnoringCase("host", in: field.name):
            guard host == nil else { throw ProtocolError("two Host fields") }
            guard isHost(bytes, field.value) else { throw ProtocolError("malformed Host") }
            host = field.value
        case 6 where bytes.equalsIgnoringCase("expect", in: field.name):
            guard bytes.equalsIgnoringCase("100-continue", in: field.value) else {
                throw ProtocolError(.expectationFailed, "unknown expectation")
            }
            expectsContinue = true
        case 10 where bytes.equalsIgnoringCase("connection", in: field.name):
            noteConnection(bytes, field.value)
        case 14 where bytes.equalsIgnoringCase("content-length", in: field.name):
            guard contentLength == nil else { throw ProtocolError("two Content-Length fields") }
            contentLength = try length(bytes, field.value)
        case 17 where bytes.equalsIgnoringCase("transfer-encoding", in: field.name):
            guard !isChunked, bytes.equalsIgnoringCase("chunked", in: field.value) else {
                throw ProtocolError("unsupported Transfer-Encoding")
            }
            isChunked = true
        default: break
        }
    }

    func apply(to head: inout Head, _ bytes: Span<UInt8>) throws(ProtocolError) {
        if isChunked {
            guard contentLength == nil else { throw ProtocolError("Transfer-Encoding and Content-Length") }
            guard !head.isHTTP10 else { throw ProtocolError("Transfer-Encoding in HTTP/1.0") }
            head.framing = .chunked
        } else if let contentLength, contentLength > 0 {
            head.framing = .length(contentLength)
        }
        guard host != nil || head.isHTTP10 else { throw ProtocolError("no Host") }
        if !head.authority.isEmpty, let host {
            guard bytes.equalsIgnoringCase(head.authority, host) else {
                throw ProtocolError("Host is not the target's")
            }
        }
        head.keepsAlive = !closes && (!head.isHTTP10 || keepsAlive)
        head.expectsContinue = expectsContinue && !head.isHTTP10 && head.framing != .none
    }

    /// A list of tokens; those we do not know concern us not.
    private mutating func noteConnection(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != ASCII.comma { end += 1 }
            let next = end + 1
            while start < end, bytes[start] == ASCII.space || bytes[start] == ASCII.tab { start += 1 }
            while end > start, bytes[end - 1] == ASCII.space || bytes[end - 1] == ASCII.tab { end -= 1 }
            if bytes.equalsIgnoringCase("close", in: start..<end) { closes = true }
            if bytes.equalsIgnoringCase("keep-alive", in: start..<end) { keepsAlive = true }
            start = next
        }
    }

    /// Digits only: no sign, no list, nothing over 2^63 - 1.
    private func length(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ProtocolError) -> Int {
        guard !range.isEmpty else { throw ProtocolError("malformed Content-Length") }
        var value = 0
        for position in range {
            let digit = Int(bytes[position]) - 0x30
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard (0...9).contains(digit), !overflow, !carry else { throw ProtocolError("malformed Content-Length") }
            value = sum
        }
        return value
    }

    /// A name, an IPv4 address or a bracketed IPv6 address, with a port or without (RFC 9110, section 7.2).
    private func isHost(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        let end = range.upperBound
        guard position < end else { return false }
        if bytes[position] == UInt8(ascii: "[") {
            position += 1
            let start = position
            while position < end,
                bytes[position] == ASCII.colon || bytes[position] == ASCII.dot
                    || ASCII.hexValue(bytes[position]) != nil
            {
                position += 1
            }
            guard position > start, position < end, bytes[position] == UInt8(ascii: "]") else { return false }
            position += 1
        } else {
            let start = position
            while position < end, ByteSet.unreserved.contains(bytes[position]) { position += 1 }
            guard position > start else { return false }
        }
        guard position < end else { return true }
        guard bytes[position] == ASCII.colon, end - position <= 6 else { return false }
        for digit in position + 1..<end where !ASCII.isDigit(bytes[digit]) { return false }
        return true
    }
}
