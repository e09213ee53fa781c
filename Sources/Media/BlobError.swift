/// Why a file could not be stored or found.
public struct BlobError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        /// No room on the disk or in the quota.
        case diskFull
        /// The folder or a file in it may not be written by this process.
        case denied
        /// Any other failure of the file system.
        case io
        /// A temporary file was used after it had been kept or dropped.
        case ended
    }

    public let code: Code
    /// One sentence, fit for a person.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// `what` could not be done, because a call set `code`.
    static func file(_ what: String, code: Int32) -> BlobError {
        let failure = FileFailure(code: code)
        return BlobError(failure.isFull ? .diskFull : failure.isDenied ? .denied : .io, "\(what): \(failure.reason).")
    }

    static func notStored(_ code: Int32) -> BlobError { .file("The file could not be stored", code: code) }
}
