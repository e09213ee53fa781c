/// A description as RDF (ISO 16684-1, 7 and 8.4), for formats without a text of their own.
enum XMP {
    /// So that it fits into one segment of a JPEG, of 65,535 bytes with its name and its length.
    private static let mostBytes = 64_000

    static func packet(_ text: String) -> [UInt8] {
        let head = """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>\
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
            <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">\
            <dc:description><rdf:Alt><rdf:li xml:lang="x-default">
            """
        let tail = "</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
        let room = mostBytes - head.utf8.count - tail.utf8.count
        return Array(head.utf8) + escaped(text, limit: room) + Array(tail.utf8)
    }

    /// What XML 1.0 cannot hold becomes a space; a text that is too long ends with an ellipsis.
    private static func escaped(_ text: String, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let next: String =
                switch scalar {
                case "&": "&amp;"
                case "<": "&lt;"
                case ">": "&gt;"
                // As it is, a reader would make it a line feed (XML 1.0, 2.11).
                case "\r": "&#13;"
                case "\t", "\n": String(scalar)
                case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): " "
                default: String(scalar)
                }
            guard bytes.count + next.utf8.count <= limit - 3 else { return bytes + Array("…".utf8) }
            bytes += next.utf8
        }
        return bytes
    }
}
