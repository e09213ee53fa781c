import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, CustomStringConvertible {
    /// The `errno` to decide on.
    public let code: Int32
    public let call: String

    public init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    /// In the system's words, without the call's name: fit for a person.
    public var reason: String { String(cString: strerror(code)) }

    public var description: String { "\(call): \(reason)" }
}
