/// Why a picture could not be read or written.
public struct PictureError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Neither a picture nor any file type that is recognised.
        case notAPicture
        /// Recognised, but not one of `PictureFormat`.
        case unsupportedFormat
        /// Cut short or damaged.
        case truncated
        case tooManyPixels
        case tooManyBytes
        case diskFull
        /// The file cannot be opened, read or written for another reason.
        case io
        /// libvips is not installed, or does not start.
        case unavailable
    }

    public let code: Code
    /// One sentence, fit for a person.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// The error of a call on a file that set `errno`.
    static func file(_ action: String, code: Int32) -> PictureError {
        let failure = FileFailure(code: code)
        return PictureError(failure.isFull ? .diskFull : .io, "The picture could not be \(action): \(failure.reason).")
    }
}
