import EventLoop
import JSON

/// The server's own times, by request id, as its log tells them.
final class ServerLog {
    private let tail: FileTail
    private var rest: [UInt8] = []
    private var times: [String: Duration] = [:]

    init(_ path: String) throws { tail = try FileTail(path) }

    /// From the first look at the request's head to the whole answer, before it is sent.
    func times(of ids: [String], on loop: EventLoop) async throws -> [Duration] {
        for _ in 0..<1000 {
            read()
            let found = ids.compactMap { times[$0] }
            if found.count == ids.count {
                for id in ids { times[id] = nil }
                return found
            }
            try await loop.sleep(for: .milliseconds(5))
        }
        throw Problem("the server's log does not tell of every request")
    }

    private func read() {
        rest += tail.read()
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
        for line in rest[..<end].split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSON(parsing: line), let id = line["request_id"]?.string,
                let milliseconds = line["duration_ms"]?.double
            else { continue }
            times[id] = .microseconds(Int64(milliseconds * 1000))
        }
        rest.removeSubrange(...end)
    }
}
