import EventLoop
import Support

/// A durable PostgreSQL and a Redis, both of this run alone.
final class Services: Sendable {
    let postgres: ThrowawayServer
    let redis: RedisServer

    /// Blocks.
    init(folder: String) throws {
        postgres = try ThrowawayServer(folder: folder, isDurable: true)
        do {
            redis = try RedisServer()
        } catch {
            postgres.stop()
            throw error
        }
    }

    /// Whatever state they are in. Blocks.
    func stop() {
        redis.thaw()
        redis.stop()
        postgres.stop()
    }
}
