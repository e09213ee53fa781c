import EventLoop
import JSON

/// Deletes what has lain in the trash for longer than the operator keeps it, some pictures at a time; a few minutes after
/// the start, and then again and again.
func keepEmptyingTrash(_ app: App, on loop: EventLoop) async {
    guard let retention = app.configuration.trashRetention else { return }
    let interval = Duration.seconds(600)
    // Spread, because processes are started together.
    var pause = Duration.seconds(60) * Double.random(in: 0.5...1.5)
    while (try? await loop.sleep(for: pause)) != nil {
        do {
            let deleted = try await app.database.emptyTrash(olderThan: retention).done
            if deleted > 0 { app.log.info("emptied the trash") { $0.field("pictures", deleted) } }
            // Room between for what people ask for.
            pause = deleted > 0 ? .seconds(1) : interval
        } catch {
            if Task.isCancelled { return }
            app.log.warning("the trash could not be emptied") { $0.field("reason", "\(error)") }
            pause = interval
        }
    }
}
