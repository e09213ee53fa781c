import EventLoop
import JSON

/// Sweeps the store soon after the start and then every interval, in turn with the other processes that do.
func keepSweeping(_ app: App, on loop: EventLoop) async {
    let interval = app.configuration.sweepInterval
    let sweep = OrphanSweep(
        blobs: app.blobs,
        blocking: app.blocking,
        database: app.database,
        grace: app.configuration.sweepGrace
    )
    // Spread, because processes are started together.
    var pause = min(interval, .seconds(30)) * Double.random(in: 0.3...1)
    while (try? await loop.sleep(for: pause)) != nil {
        do {
            pause = interval
            guard let report = try await sweep.run(unlessWithin: interval / 2) else { continue }
            app.log.write(report)
        } catch {
            if Task.isCancelled { return }
            app.log.warning("the stored files could not be swept") { $0.field("reason", "\(error)") }
            pause = min(interval, .seconds(300))
        }
    }
}

extension Log {
    fileprivate func write(_ report: SweepReport) {
        info("swept the stored files") { line in
            line.field("removed", report.orphans.count)
            line.field("bytes", report.bytes)
            line.field("kept", report.kept)
            line.field("temporary", report.temporary)
            line.field("foreign", report.foreign)
        }
        if report.isUnfamiliar {
            warning("no old stored file was removed: the database knows none of them; is it the right one?")
        }
        if let failure = report.failure { warning("a stored file could not be swept") { $0.field("reason", failure) } }
    }
}
