import HTTPServer
import JSON
import Jobs
import Media
import Postgres
import Support

@testable import WebApp

/// A picture to put into the library without making it.
struct SamplePicture {
    var prompt = "a lighthouse"
    var model = "atelier/canvas"
    var seed: Int?
    var width = 64
    var height = 48
    /// Minutes ago.
    var age = 10
    var file: String?

    init(_ prompt: String = "a lighthouse", age: Int = 10) {
        self.prompt = prompt
        self.age = age
    }
}

extension TestSite {
    /// Puts pictures into the library; their ids in the same order.
    @discardableResult
    func keep(_ samples: [SamplePicture]) async throws -> [PictureID] {
        let ids = samples.map { _ in JobID.next() }
        let now = Timestamp.now
        let times = samples.map { now - .seconds(60 * $0.age) }
        _ = try await app.database.execute(
            """
            INSERT INTO jobs (id, kind, queue, state, attempt, progress, started_at, finished_at)
            SELECT id, 'generate_picture', 'canvas', 'completed', 1, 1, now(), now()
            FROM unnest(\(ids.map(\.rawValue))::uuid[]) AS id
            """
        )
        _ = try await app.database.execute(
            """
            INSERT INTO generations (id, prompt, model, created_at)
            SELECT * FROM unnest(
                \(ids.map(\.rawValue))::uuid[], \(samples.map(\.prompt))::text[], \(samples.map(\.model))::text[],
                \(times)::timestamptz[]
            )
            """
        )
        let files = samples.map { $0.file ?? "\(String(repeating: "0", count: 63))1.png" }
        let details = samples.map { ($0.seed.map { ["seed": .integer($0)] } as JSON? ?? [:]).text }
        _ = try await app.database.execute(
            """
            INSERT INTO pictures (generation_id, position, file, thumbnail, width, height, bytes, details, created_at)
            SELECT id, 0, file, file, width, height, 100, details::jsonb, created_at
            FROM unnest(
                \(ids.map(\.rawValue))::uuid[], \(files)::text[], \(samples.map(\.width))::bigint[],
                \(samples.map(\.height))::bigint[], \(details)::text[], \(times)::timestamptz[]
            ) AS s (id, file, width, height, details, created_at)
            """
        )
        return try await app.database.execute(
            """
            SELECT l.id
            FROM unnest(\(ids.map(\.rawValue))::uuid[]) WITH ORDINALITY AS g (id, place)
            JOIN library l ON l.generation_id = g.id
            ORDER BY place
            """
        ).map { (id: PictureID) in id }
    }

    /// The pictures that a page of the library shows, in its order.
    func shown(_ address: String) async throws -> [PictureID] {
        let page = try await get(address)
        return page.text.matches(of: /id="picture-([0-9a-f-]{36})"/).compactMap { PictureID(String($0.1)) }
    }

    /// What a form of the library does, and the page that it leads to.
    func act(_ address: String = "/history/actions", _ fields: [(String, String)]) async throws -> Answer {
        let answer = try await post(address, form: fields)
        guard answer.status == 303, let location = answer.headers["location"] else { return answer }
        return try await get(location)
    }

    func act(_ action: String, on pictures: [PictureID], _ more: [(String, String)] = []) async throws -> Answer {
        try await act("/history/actions", [("action", action)] + pictures.map { ("id", $0.description) } + more)
    }
}

extension Answer {
    /// What a page says to have been done.
    var notice: String {
        guard let notice = text.firstMatch(of: /<(p|div) class="notice" role="status">(?<words>[\s\S]*?)<\/\1>/) else {
            return ""
        }
        return notice.words.matches(of: /<p>(.*?)<\/p>/).map { String($0.1) }.joined(separator: " ")
    }
}

extension TestSite {
    /// Pictures of three shapes that a browser can show, the oldest first.
    func gallery(_ prompts: [String]) async throws -> [PictureID] {
        let shapes = [(96, 64), (64, 96), (64, 64)]
        let files = try shapes.map { width, height in
            let file = try app.blobs.temporaryFile()
            try file.write(try png(width, height))
            return try app.blobs.keep(file, extension: "png").name.description
        }
        return try await keep(
            prompts.enumerated().map { index, prompt in
                var sample = SamplePicture(prompt, age: 10 + prompts.count - index)
                sample.file = files[index % 3]
                (sample.width, sample.height) = shapes[index % 3]
                return sample
            }
        )
    }
}
