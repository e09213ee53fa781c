/// Where a streamed response's producer writes to.
public final class BodyWriter: @unchecked Sendable {
    // @unchecked: used by the response's own task, on its loop.
    private let connection: Connection?
    private let isChunked: Bool
    private(set) var collected: [UInt8] = []

    init(connection: Connection, isChunked: Bool) {
        self.connection = connection
        self.isChunked = isChunked
    }

    /// Keeps what is written, for tests.
    init() {
        connection = nil
        isChunked = false
    }

    /// Sends the bytes now and waits until the client has taken them. Throws `CancellationError` once it has gone.
    public func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        if let connection {
            try await connection.writeChunk(bytes, isChunked: isChunked)
        } else {
            collected += bytes
        }
    }

    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }
}

extension Response {
    /// The body as a client would get it, for tests.
    public func content() async throws -> [UInt8] {
        switch body {
        case .empty: return []
        case .bytes(let bytes): return bytes
        case .text(let text): return Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        case .file(let file, let offset, let length): return try file.read(offset: offset, length: length)
        case .stream(let producer):
            let writer = BodyWriter()
            try await producer(writer)
            return writer.collected
        }
    }
}
