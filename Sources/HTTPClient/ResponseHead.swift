/// Status and headers, as libcurl hands over their lines.
struct ResponseHead {
    static let maximumBytes = 64 << 10

    private(set) var status = 0
    private(set) var headers = ResponseHeaders()
    private(set) var bytesReceived = 0

    /// `false` when there is too much of it. A new status line, as after "100 Continue", starts afresh.
    mutating func receive(_ line: UnsafeRawBufferPointer) -> Bool {
        bytesReceived += line.count
        guard bytesReceived <= Self.maximumBytes else { return false }
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
            headers = ResponseHeaders()
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), !line.isEmpty, line[0] > 0x20 {
            headers.append(String(text[..<colon]), text[text.utf8.index(after: colon)...].trimmed)
        }
        return true
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        let start = utf8.firstIndex { !isBlank($0) } ?? endIndex
        let end = utf8.lastIndex { !isBlank($0) }.map { utf8.index(after: $0) } ?? start
        return String(self[start..<end])
    }
}
