import Synchronization

/// A Lua script that Redis keeps by its digest, so that only the first call sends its text.
public final class RedisScript: Sendable {
    let text: String
    /// As Redis computed it; it depends on the text only, so it holds for any Redis.
    private let digest = Mutex<String?>(nil)

    public init(_ text: String) { self.text = text }

    var knownDigest: String? { digest.withLock { $0 } }
    func learn(_ newDigest: String) { digest.withLock { $0 = newDigest } }
}

extension Redis {
    /// Runs a script, and loads it first into a Redis that does not have it, as after a restart.
    @discardableResult
    public func run(
        _ script: RedisScript,
        keys: [RedisWord],
        arguments: [RedisWord] = []
    ) async throws(RedisError) -> RedisValue {
        let rest = [RedisWord(keys.count)] + keys + arguments
        guard let digest = script.knownDigest else {
            let loaded = try await command("SCRIPT", "LOAD", RedisWord(script.text))
            guard let digest = loaded.text else { throw RedisError(.badReply, "SCRIPT LOAD answered no digest") }
            script.learn(digest)
            return try await command(["EVALSHA", RedisWord(digest)] + rest)
        }
        do {
            return try await command(["EVALSHA", RedisWord(digest)] + rest)
        } catch  where error.code == .refused && error.message.hasPrefix("NOSCRIPT") {
            return try await command(["EVAL", RedisWord(script.text)] + rest)
        }
    }
}
