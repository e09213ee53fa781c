import EventLoop
import Media
import Postgres

/// `atelier sweep [--dry-run]`: what the server does every hour, now.
struct SweepCommand {
    let configuration: Configuration
    let isDry: Bool

    func run() throws {
        let blocking = BlockingPool(threads: 1, capacity: 10)
        defer { blocking.stop() }
        try onLoop { loop in
            let database = Database(DatabaseConfiguration(url: configuration.databaseURL), loops: [loop])
            defer { database.close() }
            let sweep = OrphanSweep(
                blobs: BlobStore(root: configuration.storagePath),
                blocking: blocking,
                database: database,
                grace: configuration.sweepGrace
            )
            do {
                guard let report = try await sweep.run(isDry: isDry) else {
                    throw OperatorError("another process is sweeping \(configuration.storagePath) at this moment")
                }
                try tell(report)
            } catch let error as PostgresError {
                throw OperatorError("nothing more was removed, because the database cannot be asked: \(error.message)")
            }
        }
    }

    private func tell(_ report: SweepReport) throws {
        let (removed, kept) = isDry ? ("would remove", "would keep") : ("removed", "kept")
        for orphan in report.orphans { print("\(removed) \(orphan.name), \(orphan.bytes) bytes") }
        print("\(removed) \(counted(report.orphans.count, "file")) of \(report.bytes) bytes, \(kept) \(report.kept)")
        if report.temporary > 0 { print("removed \(counted(report.temporary, "half written file"))") }
        if report.foreign > 0 { print("left alone what is no stored file, in \(report.foreign) places") }
        if report.isUnfamiliar {
            throw OperatorError("the database knows none of the old files, so none was removed; is it the right one?")
        }
        if let failure = report.failure { throw OperatorError(failure) }
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
