import JSON
import Postgres

/// What came of storing presets.
enum PresetOutcome: Equatable {
    case stored
    case nameTaken
    case tooMany
}

extension Database {
    func preset(_ id: UUID) async throws(PostgresError) -> Preset? {
        try await presets("WHERE id = \(id)").first
    }

    /// All of them, by name.
    func presets() async throws(PostgresError) -> [Preset] { try await presets("") }

    private func presets(_ condition: SQL) async throws(PostgresError) -> [Preset] {
        try await query(
            """
            SELECT id, name, model, prompt, parameters
            FROM presets
            \(condition)
            ORDER BY lower(name)
            LIMIT \(Preset.mostPresets)
            """
        ).map { (id: UUID, name: String, model: String, prompt: String, parameters: JSON) in
            Preset(id: id, name: name, model: model, prompt: prompt, parameters: parameters.object ?? [:])
        }
    }

    /// The latest that were kept, by name.
    func presetLinks(limit: Int) async throws(PostgresError) -> [GenerateView.PresetLink] {
        try await query(
            """
            SELECT id, name FROM presets
            WHERE id = ANY (ARRAY(SELECT id FROM presets ORDER BY updated_at DESC LIMIT \(limit)))
            ORDER BY lower(name)
            """
        ).map { (id: UUID, name: String) in GenerateView.PresetLink(id: id.description, name: name) }
    }

    /// - Parameter replacing: whether one of the same name is overwritten.
    func keepPreset(_ preset: Preset, replacing: Bool) async throws(PostgresError) -> PresetOutcome {
        let rule: SQL =
            replacing
            ? """
            DO UPDATE SET name = excluded.name, model = excluded.model, prompt = excluded.prompt,
                parameters = excluded.parameters, updated_at = now()
            """ : "DO NOTHING"
        let rows = try await execute(
            """
            WITH
                room AS (
                    SELECT WHERE EXISTS (SELECT FROM presets WHERE lower(name) = lower(\(preset.name)))
                        OR (SELECT count(*) FROM presets) < \(Preset.mostPresets)
                ),
                kept AS (
                    INSERT INTO presets (id, name, model, prompt, parameters)
                    SELECT \(preset.id), \(preset.name), \(preset.model), \(preset.prompt),
                        \(JSON.object(preset.parameters))
                    FROM room
                    ON CONFLICT (lower(name)) \(rule)
                    RETURNING 1
                )
            SELECT EXISTS (SELECT FROM kept), EXISTS (SELECT FROM room)
            """
        )
        let found = try rows.one { (isKept: Bool, hasRoom: Bool) in (isKept: isKept, hasRoom: hasRoom) }
        guard let found, !found.isKept else { return .stored }
        return found.hasRoom ? .nameTaken : .tooMany
    }

    /// Takes all of them over, or none. One that is there already, name and content, is left as it is; a name that
    /// stands for something else gets a number.
    func importPresets(_ presets: [Preset]) async throws -> (outcome: PresetOutcome, added: Int) {
        try await transaction { transaction in
            // Only one import at a time, so that the names that are free stay so.
            _ = try await transaction.execute("LOCK TABLE presets IN SHARE ROW EXCLUSIVE MODE")
            let existing = try await transaction.query("SELECT name, model, prompt, parameters FROM presets")
                .map { (name: String, model: String, prompt: String, parameters: JSON) in
                    Preset(
                        id: .zero,
                        name: name,
                        model: model,
                        prompt: prompt,
                        parameters: parameters.object ?? [:]
                    )
                }
            var taken = Dictionary(existing.map { ($0.name.lowercased(), $0) }) { first, _ in first }
            var added: [Preset] = []
            for preset in presets {
                if let same = taken[preset.name.lowercased()], same.means(preset) { continue }
                var preset = preset
                preset.name = Preset.freeName(preset.name) { taken[$0.lowercased()] != nil }
                taken[preset.name.lowercased()] = preset
                added.append(preset)
            }
            guard existing.count + added.count <= Preset.mostPresets else { return (.tooMany, 0) }
            _ = try await transaction.execute(
                """
                INSERT INTO presets (id, name, model, prompt, parameters)
                SELECT id, name, model, prompt, parameters::jsonb
                FROM unnest(
                    \(added.map(\.id))::uuid[], \(added.map(\.name))::text[], \(added.map(\.model))::text[],
                    \(added.map(\.prompt))::text[], \(added.map { JSON.object($0.parameters).text })::text[]
                ) AS new (id, name, model, prompt, parameters)
                """
            )
            return (.stored, added.count)
        }
    }

    /// `nil` when there is no such preset.
    func renamePreset(_ id: UUID, _ name: String) async throws(PostgresError) -> PresetOutcome? {
        do throws(PostgresError) {
            let rows = try await execute("UPDATE presets SET name = \(name), updated_at = now() WHERE id = \(id)")
            return rows.affected == 0 ? nil : .stored
        } catch {
            guard error.code == .uniqueViolation else { throw error }
            return .nameTaken
        }
    }

    func deletePreset(_ id: UUID) async throws(PostgresError) {
        _ = try await execute("DELETE FROM presets WHERE id = \(id)")
    }
}
