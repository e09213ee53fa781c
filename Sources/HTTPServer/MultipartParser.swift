import Glibc

/// Takes multipart/form-data apart (RFC 7578, RFC 2046 section 5.1), fed in pieces of any size.
struct MultipartParser {
    enum Event: Equatable {
        case part(PartHead)
        case data([UInt8])
        case partEnd
        case end
    }
    private enum State {
        case preamble
        /// After a delimiter: the line's end, or the last two hyphens.
        case delimiter
        case head
        case data
        case done
    }

    private let delimiter: [UInt8]
    private let headLimit: Int
    private var state = State.preamble
    private var buffer: [UInt8] = []
    private var start = 0
    private var hasEnded = false

    /// `nil` when the boundary is none: 1 to 70 characters.
    init?(boundary: String, headLimit: Int) {
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.headLimit = headLimit
        // The first delimiter has no line end before it: with this one it is like all the others.
        buffer = [ASCII.carriageReturn, ASCII.lineFeed]
    }

    mutating func feed(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        if state != .done { buffer += bytes }
    }

    /// There will be no more bytes.
    mutating func finish() { hasEnded = true }

    /// `nil` when more bytes are needed.
    mutating func next() throws(RequestError) -> Event? {
        switch state {
        case .preamble:
            guard let found = delimiterPosition() else { return try needMore(keeping: delimiter.count) }
            start = found + delimiter.count
            state = .delimiter
            return try next()
        case .delimiter:
            guard buffer.count - start >= 2 else { return try needMore() }
            let pair = (buffer[start], buffer[start + 1])
            start += 2
            if pair == (ASCII.hyphen, ASCII.hyphen) {
                state = .done
                return .end
            }
            guard pair == (ASCII.carriageReturn, ASCII.lineFeed) else { throw Self.malformed }
            state = .head
            return try next()
        case .head:
            guard let end = headEnd() else {
                guard buffer.count - start <= headLimit else { throw Self.malformed }
                return try needMore()
            }
            guard end - start <= headLimit, let head = PartHead(buffer[start..<end]) else { throw Self.malformed }
            start = end + 4
            state = .data
            return .part(head)
        case .data:
            return try nextData()
        case .done:
            return nil
        }
    }

    private mutating func nextData() throws(RequestError) -> Event? {
        if let found = delimiterPosition() {
            if found > start {
                defer { start = found }
                return .data(Array(buffer[start..<found]))
            }
            start += delimiter.count
            state = .delimiter
            return .partEnd
        }
        // What could be the beginning of a delimiter waits.
        let safe = buffer.count - delimiter.count + 1
        guard safe > start else { return try needMore() }
        defer { start = safe }
        return .data(Array(buffer[start..<safe]))
    }

    private mutating func needMore(keeping tail: Int? = nil) throws(RequestError) -> Event? {
        if hasEnded { throw Self.malformed }
        if let tail { start = max(start, buffer.count - tail) }
        return nil
    }

    private func delimiterPosition() -> Int? {
        let last = buffer.count - delimiter.count
        guard last >= start else { return nil }
        return buffer.withUnsafeBytes { bytes in
            var position = start
            while position <= last, let all = bytes.baseAddress,
                let found = memchr(all + position, Int32(ASCII.carriageReturn), last + 1 - position)
            {
                position = found - UnsafeMutableRawPointer(mutating: all)
                if memcmp(all + position, delimiter, delimiter.count) == 0 { return position }
                position += 1
            }
            return nil
        }
    }

    /// Where the empty line begins.
    private func headEnd() -> Int? {
        guard buffer.count - start >= 4 else { return nil }
        let end: [UInt8] = [13, 10, 13, 10]
        return (start...buffer.count - 4).first { position in
            end.indices.allSatisfy { buffer[position + $0] == end[$0] }
        }
    }

    private static let malformed = RequestError(.badRequest, "the multipart form is malformed")
}

/// What stands before a part's data.
struct PartHead: Equatable {
    let name: String
    let filename: String?
    let contentType: String?

    /// `nil` without a `Content-Disposition: form-data` that has a name, or when a line is malformed.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else { return nil }
        var disposition: String?
        var contentType: String?
        for line in text.utf8.split(separator: ASCII.lineFeed) {
            let line = Substring(line).utf8.last == ASCII.carriageReturn ? Substring(line.dropLast()) : Substring(line)
            guard let colon = line.utf8.firstIndex(of: ASCII.colon) else { return nil }
            let value = String(line[line.utf8.index(after: colon)...].trimmed)
            if line[..<colon].equalsIgnoringCase("content-disposition") { disposition = value }
            if line[..<colon].equalsIgnoringCase("content-type") { contentType = value }
        }
        guard let disposition, let semicolon = disposition.utf8.firstIndex(of: ASCII.semicolon),
            disposition[..<semicolon].trimmed.equalsIgnoringCase("form-data")
        else { return nil }
        var rest = disposition.utf8[semicolon...]
        var parameters: [String: String] = [:]
        while let (name, value) = MediaType.takeParameter(&rest) { parameters[name.lowercased()] = value }
        guard rest.isEmpty, let name = parameters["name"] else { return nil }
        self.name = name
        filename = parameters["filename"]
        self.contentType = contentType
    }
}
