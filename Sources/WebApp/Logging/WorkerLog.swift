import JSON
import Jobs

extension Log {
    func write(_ note: WorkerNote) {
        switch note {
        case .problem(let text):
            warning("worker") { $0.field("problem", text) }
        case .attempt(let report):
            info("job") { line in
                line.field("job_id", report.job.description)
                line.field("kind", report.kind)
                line.field("queue", report.queue)
                line.field("attempt", report.attempt)
                line.field("outcome", report.outcome)
                line.milliseconds("duration_ms", report.duration)
                line.field("worker", report.worker)
                line.field("request_id", orNull: report.requestID)
                line.field("error", orNull: report.error)
            }
        }
    }
}
