import EventLoop
import JSON
import Postgres

/// Asks for what the listed models take, so that their forms are there when somebody comes; then removes, every hour,
/// what nobody needs any more.
func keepFormsTidy(_ app: App, on loop: EventLoop) async {
    var pause = Duration.milliseconds(200)
    while (try? await loop.sleep(for: pause)) != nil {
        do {
            _ = try await app.descriptions.abouts(of: app.models.listed)
            try await app.database.pruneDrafts()
            try await app.database.pruneDescriptions()
            try await app.database.pruneBatches()
            // Spread, because processes are started together.
            pause = .seconds(3600) * Double.random(in: 0.8...1.2)
        } catch {
            if Task.isCancelled { return }
            app.log.debug("forms could not be tidied") { $0.field("reason", "\(error)") }
            pause = min(pause * 2, .seconds(60))
        }
    }
}

extension Database {
    private static let mostDescriptions = 1000

    /// Removes descriptions that nobody has looked at for long, and the oldest of more than can be kept.
    fileprivate func pruneDescriptions() async throws(PostgresError) {
        _ = try await execute(
            """
            DELETE FROM model_schemas WHERE tried_at < greatest(
                now() - interval '30 days',
                (SELECT tried_at FROM model_schemas ORDER BY tried_at DESC OFFSET \(Self.mostDescriptions) LIMIT 1)
            )
            """
        )
    }

    /// Removes batches whose pictures were all deleted.
    fileprivate func pruneBatches() async throws(PostgresError) {
        _ = try await execute(
            """
            DELETE FROM batches WHERE id = ANY (ARRAY(
                SELECT id FROM batches b
                WHERE NOT EXISTS (SELECT FROM generations g WHERE g.batch = b.id) LIMIT 1000
            ))
            """
        )
    }
}
