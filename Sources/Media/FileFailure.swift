import Glibc

/// An `errno` of a call on a file.
struct FileFailure {
    let code: Int32

    /// No room on the disk, in the quota, or under the process's limit of file size.
    var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    var isDenied: Bool { code == EACCES || code == EPERM || code == EROFS }

    /// In plain words.
    var reason: String {
        switch code {
        case ENOSPC: "the disk is full"
        case EDQUOT: "the disk quota is used up"
        case EFBIG: "the file would be larger than the system allows"
        default: String(cString: strerror(code))
        }
    }
}
