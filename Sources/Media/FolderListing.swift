import Glibc

/// The names in a folder, without `.` and `..`, in no order.
struct FolderListing: ~Copyable {
    private let stream: OpaquePointer

    /// `nil` with `errno` set when it cannot be read.
    init?(_ path: String) {
        guard let stream = opendir(path) else { return nil }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// `nil` at the end, and where the file system fails.
    func next() -> String? {
        let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
        while let entry = readdir(stream) {
            // Not by way of `pointee.d_name`: that reads 256 bytes, and the last entry of a block has fewer.
            let start = UnsafeRawPointer(entry) + nameOffset
            let name = String(cString: start.assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { return name }
        }
        return nil
    }
}
