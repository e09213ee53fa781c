import EventLoop
import Glibc

/// The optional `.env` file: `NAME=value` lines, `#` comments, an optional `export`, quotes around a value.
enum EnvironmentFile {
    static func read(_ path: String) throws -> [String: String] {
        guard let file = fopen(path, "re") else {
            guard errno == ENOENT else {
                throw ConfigurationError(problems: ["\(path): \(SystemError("open").reason)"])
            }
            return [:]
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return try parse(String(decoding: bytes, as: UTF8.self), path: path)
    }

    static func parse(_ text: String, path: String) throws(ConfigurationError) -> [String: String] {
        var values: [String: String] = [:]
        var problems: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = line.trimmingSpaces
            if line.hasPrefix("export ") { line = line.dropFirst(7).trimmingSpaces }
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let equals = line.firstIndex(of: "="), equals > line.startIndex else {
                problems.append("\(path):\(index + 1): expected NAME=value")
                continue
            }
            values[String(line[..<equals].trimmingSpaces)] = unquoted(line[line.index(after: equals)...].trimmingSpaces)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return values
    }

    private static func unquoted(_ value: Substring) -> String {
        for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
            return String(value.dropFirst().dropLast())
        }
        guard let comment = value.firstRange(of: " #") else { return String(value) }
        return String(value[..<comment.lowerBound].trimmingSpaces)
    }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends around it.
    var trimmingSpaces: SubSequence {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        var rest = self[...]
        while let first = rest.first, isSpace(first) { rest = rest.dropFirst() }
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        return rest
    }
}
