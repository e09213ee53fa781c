import JSON
import Postgres

/// A row of the worker's table of contents: a job's stored name, and what runs it.
public struct JobKind<Context: Sendable>: Sendable {
    public let name: String
    let run: @Sendable (JobID, JSON, Context, Attempt) async throws -> JobOutcome<any Sendable>
    let abandon: @Sendable (JobID, JSON, Context) async throws -> Void
    let isKeptWhenCompleted: Bool
    let store: @Sendable ([(id: JobID, product: any Sendable)]) -> SQL?

    public init<Work: Job>(_ work: Work.Type) where Work.Context == Context {
        name = Work.kind
        run = { id, arguments, context, attempt in
            let work: Work
            do {
                work = try Work(id: id, arguments: arguments)
            } catch {
                throw error as? JobError ?? .permanent("the job's arguments cannot be read: \(error)")
            }
            return switch try await work.run(context, attempt) {
            case .completed(let product): .completed(product)
            case .snoozed(let delay, let reason): .snoozed(delay, reason: reason)
            case .cancelled(let reason): .cancelled(reason: reason)
            }
        }
        abandon = Work.abandon
        isKeptWhenCompleted = Work.isKeptWhenCompleted
        store = { products in
            Work.store(products.compactMap { entry in (entry.product as? Work.Product).map { (entry.id, $0) } })
        }
    }
}
