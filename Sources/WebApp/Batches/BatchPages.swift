import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

enum BatchPages {
    /// `GET /batches/{id}`: pictures that were asked for together, with what makes each another.
    static func show(_ request: Request, _ app: App, id: JobID) async throws -> Response {
        guard let batch = try await app.database.batch(id) else { throw PageError.notFound }
        let generations = try await app.database.generations(of: batch.members)
        // The oldest is the first of the grid.
        let cards = Array(zip(generations, await app.cards(generations)).reversed())
        guard let first = generations.last else { throw PageError.notFound }
        var description = ModelDescription.unknown
        if case .known(let model) = app.models.find(first.model) {
            description = try await app.descriptions.description(of: model)
        }
        var html = HTML(capacity: 65_536)
        Pages.batchPage(
            into: &html,
            batch: batch,
            groups: BatchGroup.list(cards, axes: batch.axes, description),
            prompt: cards[0].1.caption,
            site: app.site
        )
        return .page(html)
    }
}

/// Pictures that were asked for together.
struct Batch {
    let id: JobID
    /// The inputs whose values differ, the slowest first.
    let axes: [String]
    /// The prompt as it was typed, where chance made choices in it.
    let template: String?
    let members: [JobID]
}

/// The pictures of a batch that share the value of the first axis.
struct BatchGroup {
    struct Member {
        let card: CardView
        /// The values of the other axes, or of all where nothing is grouped.
        let values: String
    }

    /// Empty where nothing is grouped.
    let title: String
    let members: [Member]

    static func list(
        _ pictures: [(generation: Generation, card: CardView)],
        axes: [String],
        _ description: ModelDescription
    ) -> [BatchGroup] {
        let isGrouped = axes.count > 1
        var groups: [(title: String, members: [Member])] = []
        for (generation, card) in pictures {
            let parameters = (try? JSON(parsing: generation.parameters.bytes))?.object ?? [:]
            let values = axes.map { name -> String in
                let input = description.input(name)
                let value = parameters[name].map { input?.words($0) ?? $0.text } ?? "–"
                return "\(input?.title ?? name): \(value)"
            }
            let member = Member(
                card: card,
                values: values.dropFirst(isGrouped ? 1 : 0).joined(separator: ", ")
            )
            let title = isGrouped ? values[0] : ""
            if groups.last?.title == title {
                groups[groups.count - 1].members.append(member)
            } else {
                groups.append((title, [member]))
            }
        }
        return groups.map { BatchGroup(title: $0.title, members: $0.members) }
    }
}

extension Database {
    /// `nil` when there is no such batch, or nothing of it is left.
    func batch(_ id: JobID) async throws(PostgresError) -> Batch? {
        let rows = try await query(
            """
            SELECT b.axes, g.template, g.id
            FROM batches b
            JOIN generations g ON g.batch = b.id
            WHERE b.id = \(id)
            ORDER BY g.id
            LIMIT \(ParameterGrid.mostPictures)
            """
        ).map { (axes: [String], template: String?, id: JobID) in (axes: axes, template: template, id: id) }
        guard let first = rows.first else { return nil }
        return Batch(
            id: id,
            axes: first.axes,
            template: rows.lazy.compactMap(\.template).first,
            members: rows.map(\.id)
        )
    }

    /// What the form had beside what became of it: the template of the prompt, and the batch.
    func origin(of id: JobID) async throws(PostgresError) -> Origin? {
        try await query("SELECT template, batch FROM generations WHERE id = \(id)")
            .map { (template: String?, batch: JobID?) in Origin(template: template, batch: batch) }.first
    }
}

/// What a generation was a part of.
struct Origin {
    let template: String?
    let batch: JobID?
}
