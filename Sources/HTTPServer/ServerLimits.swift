/// What one client, and all of them together, may take.
public struct ServerLimits: Sendable {
    /// Longest request line in bytes; beyond it 414.
    public var requestLineBytes = 8 * 1024
    /// Largest head in bytes, request line included, at most 65,535; beyond it 431.
    public var headBytes = 32 * 1024
    /// Most header fields; beyond it 431.
    public var headFields = 100
    /// From a head's first byte (on a new connection, from its opening) to its last; beyond it 408.
    public var headTime = Duration.seconds(10)
    /// How long a connection may wait for its next request.
    public var idleTime = Duration.seconds(60)
    /// How long a body may stand still; beyond it 408. It must also keep `minimumRate`.
    public var bodyStall = Duration.seconds(10)
    /// How long a response may stand still because the client does not read. It must also keep `minimumRate`.
    public var writeStall = Duration.seconds(30)
    /// Bytes a second, on average, that a client must send or take, so that single bytes do not hold a connection.
    public var minimumRate = 500
    /// Most of an unread body that is read and thrown away to keep a connection, or to let an early answer arrive.
    public var discardedBytes = 256 * 1024
    /// How long a closing connection may still be read from, so that its last answer arrives.
    public var lingerTime = Duration.seconds(2)
    /// Most connections in all; beyond it 503.
    public var connections = 10_000
    /// Most connections from one IPv4 address or one IPv6 /64 network; beyond it 503.
    public var connectionsPerAddress = 1_000

    public init() {}
}
