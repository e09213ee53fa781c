/// Why a request cannot be served at all; it is answered with `status` and the connection is closed.
struct ProtocolError: Error {
    let status: Status
    let reason: StaticString

    init(_ status: Status, _ reason: StaticString) {
        self.status = status
        self.reason = reason
    }

    init(_ reason: StaticString) { self.init(.badRequest, reason) }
}

/// How a request's body ends (RFC 9112, section 6.3).
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
}

/// Where one header field lies in its head. A head is never longer than 65,535 bytes.
struct FieldPosition {
    let nameStart: UInt16
    let nameEnd: UInt16
    let valueStart: UInt16
    let valueEnd: UInt16

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// A request's line and header fields, as positions in the bytes they were parsed from.
///
/// Stricter than RFC 9112 wherever two readings of a request are possible: a proxy in front may have chosen the other.
struct Head {
    var length = 0
    var method = Method.get
    var isHTTP10 = false
    var target = 0..<0
    /// Of a target in absolute form; empty otherwise.
    var authority = 0..<0
    /// The target without authority and query.
    var path = 0..<0
    /// Without the question mark; empty when there is none.
    var query = 0..<0
    var fields: [FieldPosition] = []
    var framing = BodyFraming.none
    var keepsAlive = true
    var expectsContinue = false

    /// `nil` while the head is incomplete.
    static func parse(_ bytes: Span<UInt8>, limits: ServerLimits) throws(ProtocolError) -> Head? {
        var head = Head()
        var position = 0
        guard try head.parseRequestLine(bytes, &position, limits) else {
            if bytes.count > limits.requestLineBytes { throw ProtocolError(.uriTooLong, "request line too long") }
            return nil
        }
        if position > limits.requestLineBytes { throw ProtocolError(.uriTooLong, "request line too long") }
        var semantics = FieldSemantics()
        head.fields.reserveCapacity(16)
        let isComplete = try head.parseFields(bytes, &position, limits, &semantics)
        if position > limits.headBytes || (!isComplete && bytes.count >= limits.headBytes) {
            throw ProtocolError(.requestHeaderFieldsTooLarge, "head too large")
        }
        guard isComplete else { return nil }
        head.length = position
        try semantics.apply(to: &head, bytes)
        return head
    }

    /// `method SP request-target SP HTTP-version CRLF`, exactly.
    private mutating func parseRequestLine(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ limits: ServerLimits
    ) throws(ProtocolError) -> Bool {
        let count = bytes.count
        while position < count, ByteSet.token.contains(bytes[position]) { position += 1 }
        let methodEnd = position
        guard position < count else { return false }
        guard bytes[position] == ASCII.space, position > 0 else { throw ProtocolError("malformed method") }
        position += 1

        let targetStart = position
        var question = -1
        var needsCare = false
        while position < count, bytes[position] > ASCII.space, bytes[position] < ASCII.delete {
            switch bytes[position] {
            case ASCII.questionMark where question < 0: question = position
            case ASCII.percent: needsCare = true
            case ASCII.dot where bytes[position - 1] == ASCII.slash: needsCare = true
            case ASCII.hash: throw ProtocolError("fragment in the target")
            default: break
            }
            position += 1
        }
        guard position < count else { return false }
        guard bytes[position] == ASCII.space, position > targetStart else { throw ProtocolError("malformed target") }
        target = targetStart..<position
        position += 1

        guard count - position >= 10 else {
            try rejectImpossibleVersion(bytes, position)
            return false
        }
        try parseVersion(bytes, position..<position + 8)
        guard bytes[position + 8] == ASCII.carriageReturn, bytes[position + 9] == ASCII.lineFeed else {
            throw ProtocolError("malformed request line")
        }
        position += 10
        guard let method = Method(bytes, 0..<methodEnd) else {
            throw ProtocolError(.notImplemented, "unknown method")
        }
        self.method = method
        try splitTarget(bytes, question: question, needsCare: needsCare)
        return true
    }

    /// Refuses the beginning of a version before its end has come, so that nonsense is not waited for.
    private func rejectImpossibleVersion(_ bytes: Span<UInt8>, _ start: Int) throws(ProtocolError) {
        let name: StaticString = "HTTP/"
        for offset in 0..<min(5, bytes.count - start) where bytes[start + offset] != name.utf8Start[offset] {
            throw ProtocolError("malformed version")
        }
    }

    private mutating func parseVersion(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(ProtocolError) {
        let start = range.lowerBound
        guard bytes.equals("HTTP/", in: start..<start + 5), ASCII.isDigit(bytes[start + 5]),
            bytes[start + 6] == ASCII.dot, ASCII.isDigit(bytes[start + 7])
        else { throw ProtocolError("malformed version") }
        switch (bytes[start + 5], bytes[start + 7]) {
        case (0x31, 0x31): isHTTP10 = false
        case (0x31, 0x30): isHTTP10 = true
        default: throw ProtocolError(.httpVersionNotSupported, "unsupported version")
        }
    }

    /// `false` while the empty line has not come.
    private mutating func parseFields(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ limits: ServerLimits,
        _ semantics: inout FieldSemantics
    ) throws(ProtocolError) -> Bool {
        let count = bytes.count
        while true {
            guard position < count else { return false }
            if bytes[position] == ASCII.carriageReturn {
                guard position + 1 < count else { return false }
                guard bytes[position + 1] == ASCII.lineFeed else { throw ProtocolError("bare carriage return") }
                position += 2
                return true
            }
            let nameStart = position
            while position < count, ByteSet.token.contains(bytes[position]) { position += 1 }
            guard position < count else { return false }
            guard bytes[position] == ASCII.colon, position > nameStart else { throw ProtocolError("malformed field") }
            let nameEnd = position
            position += 1

            while position < count, bytes[position] == ASCII.space || bytes[position] == ASCII.tab { position += 1 }
            let valueStart = position
            while position < count, ASCII.isFieldValue(bytes[position]) { position += 1 }
            guard position + 1 < count else {
                if position < count, bytes[position] != ASCII.carriageReturn {
                    throw ProtocolError("forbidden byte in a field")
                }
                return false
            }
            guard bytes[position] == ASCII.carriageReturn, bytes[position + 1] == ASCII.lineFeed else {
                throw ProtocolError("forbidden byte in a field")
            }
            var valueEnd = position
            while valueEnd > valueStart, bytes[valueEnd - 1] == ASCII.space || bytes[valueEnd - 1] == ASCII.tab {
                valueEnd -= 1
            }
            position += 2

            guard fields.count < limits.headFields, position <= limits.headBytes else {
                throw ProtocolError(.requestHeaderFieldsTooLarge, "head too large")
            }
            let field = FieldPosition(
                nameStart: UInt16(nameStart),
                nameEnd: UInt16(nameEnd),
                valueStart: UInt16(valueStart),
                valueEnd: UInt16(valueEnd)
            )
            fields.append(field)
            try semantics.note(field, bytes)
        }
    }
}
