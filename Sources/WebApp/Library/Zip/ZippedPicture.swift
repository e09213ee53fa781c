import JSON
import Jobs
import Media
import Postgres
import Zip

/// A picture as a zip has it: its file, and what the manifest says of it.
struct ZippedPicture: Sendable {
    let id: PictureID
    let file: String
    let isInTrash: Bool
    let prompt: String
    let createdAt: Timestamp
    /// Everything else that the manifest says.
    let properties: JSONObject

    /// `00042-a-lighthouse-at-dusk.png`: in the order of the zip, each once.
    func name(_ number: Int) -> String {
        let digits = String(number)
        let padding = String(repeating: "0", count: max(0, 5 - digits.utf8.count))
        return "\(padding)\(digits)\(FileTitle.words(prompt)).\(file.split(separator: ".").last ?? "bin")"
    }

    func write(to json: inout JSONWriter, name: String) {
        json.beginObject()
        json.field("file", name)
        json.field("id", id.description)
        json.timestamp("created_at", createdAt)
        json.field("prompt", prompt)
        for (key, value) in properties {
            json.key(key)
            json.value(value)
        }
        json.endObject()
    }
}

extension ZipTime {
    /// In UTC.
    init(_ time: Timestamp) {
        let numbers = time.description.split { !$0.isNumber }.prefix(6).compactMap { Int($0) }
        guard numbers.count == 6, !time.description.hasPrefix("-") else {
            self.init(year: 1980, month: 1, day: 1)
            return
        }
        self.init(
            year: numbers[0],
            month: numbers[1],
            day: numbers[2],
            hour: numbers[3],
            minute: numbers[4],
            second: numbers[5]
        )
    }
}

extension Database {
    /// The oldest first, at most one more than `LibraryZip.most`.
    func zipped(_ query: LibraryQuery) async throws(PostgresError) -> [PictureID] {
        try await report(
            """
            SELECT coalesce(array_agg(id), '{}')
            FROM (SELECT id FROM library WHERE \(query.condition) ORDER BY id LIMIT 50001) AS l
            """,
            timeout: .seconds(10)
        ).one { (ids: [UUID]) in ids.map(PictureID.init) } ?? []
    }

    /// Those that still exist, in the order of their ids. At most 100.
    func zipped(_ ids: [PictureID]) async throws(PostgresError) -> [ZippedPicture] {
        try await execute(
            """
            SELECT l.id, p.file, l.trashed_at IS NOT NULL, g.prompt, p.created_at, jsonb_build_object(
                'job_id', l.generation_id, 'position', l.position, 'model', l.model, 'parameters', g.parameters,
                'seed', l.seed, 'details', p.details, 'width', p.width, 'height', p.height, 'bytes', p.bytes,
                'rating', l.rating, 'favourite', l.favourite, 'tags', to_jsonb(l.tags),
                'boards', to_jsonb(ARRAY(SELECT name FROM boards WHERE boards.id = ANY (l.boards) ORDER BY name))
            )
            FROM library l
            JOIN pictures p ON (p.generation_id, p.position) = (l.generation_id, l.position)
            JOIN generations g ON g.id = l.generation_id
            WHERE l.id = ANY (\(ids.map(\.rawValue))::uuid[])
            ORDER BY l.id
            """
        ).map {
            (id: PictureID, file: String, isInTrash: Bool, prompt: String, createdAt: Timestamp, properties: JSON) in
            ZippedPicture(
                id: id,
                file: file,
                isInTrash: isInTrash,
                prompt: prompt,
                createdAt: createdAt,
                properties: properties.object ?? [:]
            )
        }
    }
}
