/// A file in the format of dbmate (<https://github.com/amacneil/dbmate#usage>):
///
///     -- migrate:up
///     CREATE TABLE …
///     -- migrate:down transaction:false
///     DROP TABLE …
struct MigrationFile {
    struct Section {
        let text: [UInt8]
        /// Where the text begins in the file, from 1.
        let line: Int
        let isTransactional: Bool
    }

    let fileName: String
    let version: String
    let name: String
    let content: [UInt8]
    let up: Section
    let down: Section?

    init(fileName: String, content: [UInt8]) throws(MigrationError) {
        func malformed(_ message: String, line: Int? = nil) -> MigrationError {
            MigrationError(.malformed, message, file: fileName, line: line)
        }
        let stem = fileName.hasSuffix(".sql") ? fileName.dropLast(4) : fileName[...]
        guard let underscore = stem.firstIndex(of: "_"), stem.startIndex < underscore else {
            throw malformed("the name should be VERSION_what_it_does.sql")
        }
        guard !content.contains(0) else { throw malformed("the file contains NUL") }
        self.fileName = fileName
        version = String(stem[..<underscore])
        name = String(stem[stem.index(after: underscore)...])
        self.content = content

        var sections: [String: Section] = [:]
        var open: (direction: String, isTransactional: Bool, line: Int, start: Int)?
        func close(at end: Int) {
            guard let (direction, isTransactional, line, start) = open else { return }
            sections[direction] = Section(
                text: Array(content[start..<end]),
                line: line,
                isTransactional: isTransactional
            )
        }
        var start = 0
        for (index, slice) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = String(decoding: slice, as: UTF8.self)
            let number = index + 1
            let next = min(slice.endIndex + 1, content.count)
            if let marker = Marker(line) {
                guard marker.direction == "up" || marker.direction == "down" else {
                    throw malformed("migrate:\(marker.direction) is neither up nor down", line: number)
                }
                guard sections[marker.direction] == nil, open?.direction != marker.direction else {
                    throw malformed("migrate:\(marker.direction) for the second time", line: number)
                }
                guard marker.direction == "up" || open != nil else {
                    throw malformed("migrate:down before migrate:up", line: number)
                }
                var isTransactional = true
                for option in marker.options {
                    guard option == "transaction:false" || option == "transaction:true" else {
                        throw malformed("the option “\(option)” is unknown", line: number)
                    }
                    isTransactional = option == "transaction:true"
                }
                close(at: start)
                open = (marker.direction, isTransactional, number + 1, next)
            } else if open == nil, !line.allSatisfy(\.isWhitespace), !line.hasPrefix("--") {
                throw malformed("a statement before “-- migrate:up”", line: number)
            }
            start = next
        }
        close(at: content.count)
        guard let up = sections["up"] else { throw malformed("“-- migrate:up” is missing") }
        self.up = up
        down = sections["down"]
    }

    private struct Marker {
        let direction: String
        let options: [String]

        init?(_ line: String) {
            guard line.hasPrefix("--") else { return nil }
            let words = line.dropFirst(2).split(whereSeparator: \.isWhitespace)
            guard let first = words.first, first.hasPrefix("migrate:") else { return nil }
            direction = String(first.dropFirst("migrate:".count))
            options = words.dropFirst().map(String.init)
        }
    }
}

extension MigrationFile.Section {
    /// The line of the file where the character at `position` of the statement stands, which began at `offset`.
    func line(of position: Int, inStatementAt offset: Int = 0) -> Int {
        let statement = String(decoding: text[offset...], as: UTF8.self).unicodeScalars
        let before = text[..<offset].count { $0 == UInt8(ascii: "\n") }
        return line + before + statement.prefix(max(0, position - 1)).count { $0 == "\n" }
    }
}
