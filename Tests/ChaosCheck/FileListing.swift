import EventLoop
import Glibc

extension Evidence {
    /// Adds the files of a blob store, which lie in folders of two letters; also those that a sweep has set aside. Blocks.
    public mutating func gather(filesIn root: String) throws {
        files = try entries(of: root).filter { $0.utf8.count == 2 }
            .flatMap { folder in try entries(of: "\(root)/\(folder)").map { (folder, $0) } }
            .compactMap { folder, name in
                let path = "\(root)/\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { return nil }
                return StoredFile(
                    name: name,
                    bytes: Int(status.st_size),
                    changedAt: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9,
                    signature: signature(of: path)
                )
            }
    }
}

private func entries(of folder: String) throws -> [String] {
    guard let directory = opendir(folder) else { throw SystemError("opendir \(folder)") }
    defer { closedir(directory) }
    var names: [String] = []
    let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
    while let entry = readdir(directory) {
        let start = UnsafeRawPointer(entry) + nameOffset
        let name = String(cString: start.assumingMemoryBound(to: CChar.self))
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// What the stand-in for the provider has put into a PNG; it is in a small file's first KB.
private func signature(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
    guard let mark = bytes.firstRange(of: Array("tEXtComment\0".utf8)) else { return nil }
    let text = bytes[mark.upperBound...].prefix { $0 < 0x80 && (0x30...0x7A).contains($0) }
    return String(decoding: text.prefix(26), as: UTF8.self)
}
