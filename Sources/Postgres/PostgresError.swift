/// What the database, or the way to it, refused.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// Not connected, no connection free in time, or too much waiting. Nothing was changed; trying later is safe.
        case unavailable
        /// The connection died under a write: it may have happened or not.
        case connectionLost
        /// The waiting task was cancelled; a write already sent may have happened or not.
        case cancelled
        case uniqueViolation
        case foreignKeyViolation
        case checkViolation
        case notNullViolation
        case exclusionViolation
        case serializationFailure
        case deadlock
        case statementTimeout
        case lockTimeout
        /// A commit of a transaction in which an earlier error was swallowed; it was rolled back.
        case transactionAborted
        case diskFull
        /// A write on a read-only session: through `query`, or on a standby.
        case readOnly
        /// A value PostgreSQL cannot store, such as a string with NUL.
        case invalidParameter
        /// The rows are not of the shape asked for.
        case decoding
        case other
    }

    public let code: Code
    /// Five characters, `nil` when the error is not the server's: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
    public let sqlState: String?
    /// For the log, never for a visitor.
    public let message: String
    public let constraint: String?
    /// Where in the statement, in characters from 1.
    public let position: Int?

    public init(
        _ code: Code,
        _ message: String,
        sqlState: String? = nil,
        constraint: String? = nil,
        position: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.position = position
    }

    public var description: String {
        sqlState.map { "\(message) (\($0))" } ?? message
    }
}

extension PostgresError.Code {
    init(sqlState: String) {
        self =
            switch sqlState {
            case "23505": .uniqueViolation
            case "23503": .foreignKeyViolation
            case "23514": .checkViolation
            case "23502": .notNullViolation
            case "23P01": .exclusionViolation
            case "40001": .serializationFailure
            case "40P01": .deadlock
            case "57014": .statementTimeout
            case "55P03": .lockTimeout
            case "53100": .diskFull
            case "25006": .readOnly
            case "22021", "22P05": .invalidParameter
            case "53300", "57P01", "57P02", "57P03", "57P05", "25P03": .unavailable
            case _ where sqlState.hasPrefix("08"): .unavailable
            default: .other
            }
    }
}

extension PostgresError {
    static let cancelled = PostgresError(.cancelled, "the waiting task was cancelled")
    static let closed = PostgresError(.unavailable, "the database is closed")

    /// The statement prepared earlier is gone, or a table behind it has changed; preparing it again helps.
    var isStaleStatement: Bool {
        sqlState == "26000" || sqlState == "0A000" && message.contains("cached plan")
    }

    /// For statements that change nothing when their connection dies: reads, and a transaction before its commit.
    var withNothingDone: PostgresError {
        code == .connectionLost ? PostgresError(.unavailable, message, sqlState: sqlState) : self
    }

    /// The session ended with this error.
    var endsSession: Bool { code == .unavailable }
}
