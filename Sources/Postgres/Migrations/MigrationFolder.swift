import Glibc

/// Where the migrations lie. Read in place: a few small files, by a command that has nothing else to do.
struct MigrationFolder: Sendable {
    private static let maximumFileBytes = 4 << 20

    let path: String

    /// In the order of versions. Files that do not end in `.sql` are left alone.
    func files() throws(MigrationError) -> [MigrationFile] {
        guard let directory = opendir(path) else { throw unreadable(path) }
        defer { closedir(directory) }
        var files: [MigrationFile] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".sql"), !name.hasPrefix(".") else { continue }
            files.append(try MigrationFile(fileName: name, content: read(name)))
        }
        files.sort { $0.version < $1.version }
        for (file, next) in zip(files, files.dropFirst()) where file.version == next.version {
            throw MigrationError(.malformed, "the version is that of \(file.fileName)", file: next.fileName)
        }
        return files
    }

    private func read(_ name: String) throws(MigrationError) -> [UInt8] {
        guard let file = fopen("\(path)/\(name)", "re") else { throw unreadable(name) }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            content += chunk[..<count]
            guard content.count <= Self.maximumFileBytes else {
                throw MigrationError(.unreadable, "larger than 4 MB", file: name)
            }
        }
        guard ferror(file) == 0 else { throw unreadable(name) }
        return content
    }

    /// Never overwrites.
    func create(_ name: String, at time: Timestamp) throws(MigrationError) -> String {
        let words = name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        guard !words.isEmpty else { throw MigrationError(.malformed, "a migration needs a name in letters") }
        // 2026-11-21T09:00:00.000000Z
        let version = time.description.prefix(16).filter { $0 != "-" && $0 != ":" }
        let path = "\(self.path)/\(version)_\(words.joined(separator: "_")).sql"
        guard try !files().contains(where: { $0.version == version }) else {
            throw MigrationError(.malformed, "there is a migration of this minute already", file: path)
        }
        guard let file = fopen(path, "wxe") else { throw unreadable(path) }
        let written = fputs("-- migrate:up\n\n-- migrate:down\n\n", file)
        guard fclose(file) == 0, written >= 0 else { throw unreadable(path) }
        return path
    }

    private func unreadable(_ name: String) -> MigrationError {
        MigrationError(.unreadable, String(cString: strerror(errno)), file: name)
    }
}
