import Postgres
import Redis

/// What is said over Redis. All of it may be lost: it only makes quick what PostgreSQL tells anyway.
public struct JobChannels: Sendable {
    let prefix: String

    public init(prefix: String) {
        self.prefix = prefix
    }

    /// Somebody enqueued; the message is the queue's name.
    public var wakeUps: String { "\(prefix):wake-ups" }
    /// Somebody wants a running job to stop; the message is its id.
    public var cancellations: String { "\(prefix):cancellations" }
    /// Jobs changed; the message is one `JobChange` a line.
    public var changes: String { "\(prefix):changes" }

    /// Tells the workers that jobs wait. After the commit: before it they would find nothing.
    public func announceWork(in queue: String, on redis: Redis) {
        redis.publish(wakeUps, queue)
    }
}

/// News of a job, for those who watch it.
public struct JobChange: Sendable, Hashable {
    public let job: JobID
    /// 0 … 1 when this is news of progress, `nil` when the state changed.
    public let progress: Double?

    public init(job: JobID, progress: Double? = nil) {
        self.job = job
        self.progress = progress
    }

    static func message(_ changes: [JobChange]) -> String {
        changes.map { change in
            guard let progress = change.progress else { return "\(change.job)" }
            return "\(change.job) \(Int(progress * 1000))"
        }.joined(separator: "\n")
    }

    /// Reads a message; lines that are no change are skipped.
    public static func parse(_ message: String) -> [JobChange] {
        message.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            guard let first = words.first, let job = JobID(String(first)) else { return nil }
            guard words.count == 2 else { return JobChange(job: job) }
            guard let thousandths = Int(words[1]), (0...1000).contains(thousandths) else { return nil }
            return JobChange(job: job, progress: Double(thousandths) / 1000)
        }
    }
}
