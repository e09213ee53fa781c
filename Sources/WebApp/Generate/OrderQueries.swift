import CSodium
import HTTPServer
import JSON
import Jobs
import Postgres

extension App {
    /// Stores everything that a form asked for together, or nothing of it, and wakes the workers. Durable when it returns.
    ///
    /// - Returns: the generations' ids, in the order of the grid; the first names the batch of several.
    func enqueue(
        _ orders: [OrderedGeneration],
        of plan: GenerationPlan,
        form: GenerateForm,
        for request: Request
    ) async throws -> [JobID] {
        let made = orders.map { (id: JobID.next(), order: $0) }
        try await database.insertOrder(
            made,
            axes: plan.grid.axes.map(\.input.name),
            typed: TypedPrompt(form.prompt, without: form.values["negative_prompt"] ?? ""),
            job: terms(for: request)
        )
        announce(orders.map(\.request))
        return made.map(\.id)
    }
}

/// A prompt as somebody typed it, for the history of prompts.
struct TypedPrompt: Sendable {
    private static let mostWords = 500
    private static let longestWord = 60

    let prompt: String
    let negativePrompt: String

    init(_ prompt: String, without negativePrompt: String) {
        self.prompt = prompt
        self.negativePrompt = negativePrompt
    }

    /// The same for the same two texts, and for no others.
    var digest: [UInt8] {
        let text = Array("\(prompt.utf8.count):\(prompt)\(negativePrompt)".utf8)
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, text, UInt64(text.count))
        return digest
    }

    var words: [String] { Array(Set(Self.words("\(prompt) \(negativePrompt)").prefix(Self.mostWords))) }

    /// Letters and digits that stand together, in lower case; each once.
    static func words(_ text: String) -> [String] {
        var seen: Set<String> = []
        return text.split { !$0.isLetter && !$0.isNumber }.map { String($0.lowercased().prefix(longestWord)) }
            .filter { seen.insert($0).inserted }
    }
}

extension SQLExecutor {
    /// One statement: generations and their jobs, the batch they are, and the prompt in the history.
    fileprivate func insertOrder(
        _ made: [(id: JobID, order: OrderedGeneration)],
        axes: [String],
        typed: TypedPrompt,
        job: JobTerms
    ) async throws {
        let batch = made.count > 1 ? made.first?.id.rawValue : nil
        let requests = made.map { (id: $0.id, request: $0.order.request) }
        _ = try await execute(
            """
            WITH enqueued AS (
                \(NewJob.insert(NewJob.generating(requests, job)))
            ), batch AS (
                INSERT INTO batches (id, axes) SELECT \(batch), \(axes)::text[] WHERE \(batch)::uuid IS NOT NULL
            ), typed AS (
                INSERT INTO prompts (digest, prompt, negative_prompt, words)
                VALUES (\(typed.digest), \(typed.prompt), \(typed.negativePrompt), array_to_tsvector(\(typed.words)))
                ON CONFLICT (digest) DO UPDATE SET uses = prompts.uses + 1, used_at = now()
            )
            INSERT INTO generations (id, prompt, model, parameters, template, batch)
            SELECT id, prompt, model, parameters::jsonb, nullif(template, ''), \(batch)::uuid
            FROM unnest(
                \(requests.map(\.id.rawValue))::uuid[], \(requests.map(\.request.prompt))::text[],
                \(requests.map(\.request.model.id))::text[],
                \(requests.map { JSON.object($0.request.parameters).text })::text[],
                \(made.map { $0.order.template ?? "" })::text[]
            ) AS new (id, prompt, model, parameters, template)
            """
        )
    }
}
