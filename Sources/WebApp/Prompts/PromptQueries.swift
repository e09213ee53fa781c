import Postgres

/// A prompt that was typed into the form, with the last time it was.
struct StoredPrompt: Sendable {
    let id: Int
    let prompt: String
    let negativePrompt: String
    let uses: Int
    let usedAt: Timestamp
}

extension Database {
    /// `nil` when it was removed from the history.
    func typedPrompt(_ id: Int) async throws(PostgresError) -> StoredPrompt? {
        try await typedPrompts("WHERE id = \(id)", limit: 1).first
    }

    /// The latest first, only those that hold every word or one that begins with it. `limit` 1 … 100.
    func typedPrompts(
        holding words: [String],
        before mark: PromptMark?,
        limit: Int
    ) async throws(PostgresError) -> [StoredPrompt] {
        var conditions: [SQL] = ["true"]
        if !words.isEmpty {
            // Words are letters and digits only: nothing in them can mean more.
            conditions.append("words @@ \(words.map { "'\($0)':*" }.joined(separator: " & "))::tsquery")
        }
        if let mark { conditions.append("(used_at, id) < (\(mark.usedAt), \(mark.id))") }
        return try await typedPrompts("WHERE \(SQL.joined(conditions, separator: " AND "))", limit: limit)
    }

    private func typedPrompts(_ condition: SQL, limit: Int) async throws(PostgresError) -> [StoredPrompt] {
        try await query(
            """
            SELECT id, prompt, negative_prompt, uses, used_at
            FROM prompts
            \(condition)
            ORDER BY used_at DESC, id DESC
            LIMIT \(limit)
            """
        ).map { (id: Int, prompt: String, negativePrompt: String, uses: Int, usedAt: Timestamp) in
            StoredPrompt(id: id, prompt: prompt, negativePrompt: negativePrompt, uses: uses, usedAt: usedAt)
        }
    }

    func forgetTypedPrompt(_ id: Int) async throws(PostgresError) {
        _ = try await execute("DELETE FROM prompts WHERE id = \(id)")
    }
}

/// Where a page of prompts ends: the time and the number of its last.
struct PromptMark: Sendable {
    let usedAt: Timestamp
    let id: Int

    /// `1763715600000000-17`: microseconds since 1970, and the number.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard parts.count == 2 else { return nil }
        usedAt = Timestamp(microseconds: parts[0])
        id = Int(parts[1])
    }

    init(_ prompt: StoredPrompt) {
        usedAt = prompt.usedAt
        id = prompt.id
    }

    var text: String { "\(usedAt.microseconds)-\(id)" }
}
