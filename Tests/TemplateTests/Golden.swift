import Glibc
import TemplateCompiler

/// Files beside the tests that say what the compiler answers.
///
/// Run the tests with `UPDATE_GOLDEN=1` to write them anew, then read the difference before it is committed.
enum Golden {
    static let directory = "\(#filePath)".split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden"

    static let isUpdating = getenv("UPDATE_GOLDEN") != nil

    static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        fwrite(bytes, 1, bytes.count, file)
    }
}

/// What the compiler says about one template named `refused`; nothing if it compiles.
func complaints(about template: String, among others: [String: String] = [:]) -> [String] {
    var sources = [TemplateSource(path: "refused.html", bytes: Array(template.utf8))]
    for (name, text) in others.sorted(by: { $0.key < $1.key }) {
        sources.append(TemplateSource(path: "\(name).html", bytes: Array(text.utf8)))
    }
    do {
        _ = try compile(sources)
        return []
    } catch {
        return error.diagnostics.map(\.description)
    }
}
