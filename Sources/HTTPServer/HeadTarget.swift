extension Head {
    /// Finds path and query in a target of origin form, absolute form or, for OPTIONS, `*` (RFC 9112, section 3.2).
    ///
    /// `needsCare` says that the target holds an escape or a segment that begins with a dot.
    mutating func splitTarget(_ bytes: Span<UInt8>, question: Int, needsCare: Bool) throws(ProtocolError) {
        var start = target.lowerBound
        let pathEnd = question >= 0 ? question : target.upperBound
        query = question >= 0 ? question + 1..<target.upperBound : target.upperBound..<target.upperBound
        switch bytes[start] {
        case ASCII.slash:
            break
        case UInt8(ascii: "*") where target.count == 1 && method == .options:
            break
        default:
            authority = try authorityOfAbsoluteForm(bytes, end: pathEnd)
            start = authority.upperBound
        }
        path = start..<pathEnd
        if needsCare { try checkEscapes(bytes) }
    }

    /// Only http and https, and with a path, because a proxy that sends the absolute form sends one.
    private func authorityOfAbsoluteForm(_ bytes: Span<UInt8>, end: Int) throws(ProtocolError) -> Range<Int> {
        let start = target.lowerBound
        let schemeEnd: Int
        if end - start > 7, bytes.equalsIgnoringCase("http://", in: start..<start + 7) {
            schemeEnd = start + 7
        } else if end - start > 8, bytes.equalsIgnoringCase("https://", in: start..<start + 8) {
            schemeEnd = start + 8
        } else {
            throw ProtocolError("malformed target")
        }
        var slash = schemeEnd
        while slash < end, bytes[slash] != ASCII.slash { slash += 1 }
        guard slash < end, slash > schemeEnd else { throw ProtocolError("malformed target") }
        return schemeEnd..<slash
    }

    /// Refuses broken escapes, escapes of NUL or of invalid UTF-8, and the segments `.` and `..` in any spelling:
    /// browsers resolve those before they ask, so only somebody who tries to leave a folder sends them.
    private func checkEscapes(_ bytes: Span<UInt8>) throws(ProtocolError) {
        var start = path.lowerBound
        while start < path.upperBound {
            var end = start + 1
            while end < path.upperBound, bytes[end] != ASCII.slash { end += 1 }
            guard let segment = percentDecoded(bytes.extracting(start..<end)) else {
                throw ProtocolError("malformed escape in the path")
            }
            if segment == "/." || segment == "/.." { throw ProtocolError("dot segment in the path") }
            start = end
        }
        guard percentDecoded(bytes.extracting(query)) != nil else {
            throw ProtocolError("malformed escape in the query")
        }
    }
}
