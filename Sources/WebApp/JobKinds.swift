import EventLoop
import Glibc
import Jobs

/// The worker's table of contents.
let jobKinds: [JobKind<App>] = [
    JobKind(GeneratePicture.self)
]

extension Worker where Context == App {
    /// A worker for all of the application's jobs; `change` has the last word on its settings.
    convenience init(_ app: App, on loop: EventLoop, _ change: (inout WorkerSettings) -> Void = { _ in }) {
        let configuration = app.configuration
        var settings = WorkerSettings(queues: configuration.workedQueues)
        settings.retry = RetryRule(base: configuration.retryBackoffBase)
        settings.lease = configuration.jobLease
        settings.heartbeat = configuration.jobLease / 5
        settings.retention =
            configuration.jobRetentionDays == 0 ? nil : .seconds(86_400 * configuration.jobRetentionDays)
        settings.idempotencyKeysLast = IdempotencyKey.lasts
        settings.drainLimit = configuration.drainLimit
        settings.channelPrefix = configuration.redisPrefix
        change(&settings)
        self.init(
            name: "\(hostName()):\(getpid())",
            settings: settings,
            kinds: jobKinds,
            context: app,
            database: app.database,
            redis: app.redis,
            loop: loop
        ) { note in
            app.log.write(note)
        }
    }
}

extension Configuration {
    /// The queues that a worker serves, and how many jobs of each run at the same time.
    var workedQueues: [WorkerSettings.Queue] {
        [
            .init(name: "canvas", concurrency: canvasConcurrency),
            .init(name: "replicate", concurrency: replicateConcurrency, mostRunning: replicateConcurrency),
        ]
    }
}

private func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "worker" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
