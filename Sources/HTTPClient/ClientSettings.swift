/// Limits of a client, each for one loop.
public struct ClientSettings: Sendable {
    /// Requests under way or waiting for a connection; one more is refused as `busy`.
    public var maximumRequests = 256
    /// Open connections, idle ones included.
    public var maximumConnections = 64
    /// Requests beyond it wait for a connection, within their own timeout.
    public var maximumConnectionsPerHost = 8
    /// An idle connection older than this is not used again.
    public var idleConnectionLifetime = Duration.seconds(60)
    public var userAgent = "atelier"
    /// Trusted certificates, PEM; `nil` is the system's.
    public var certificateFile: String?

    public init() {}
}
