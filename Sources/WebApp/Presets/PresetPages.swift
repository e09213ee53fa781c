import HTTPServer
import JSON
import Postgres
import Templates

enum PresetPages {
    /// `GET /presets`
    static func show(_ request: Request, _ app: App) async throws -> Response {
        var view = PresetsView(presets: try await app.database.presets())
        view.added = request.query["added"].flatMap { Int($0) }
        return page(view, app)
    }

    /// `GET /presets/export`: all of them as a file; `?id=` only that one.
    static func export(_ request: Request, _ app: App) async throws -> Response {
        var presets: [Preset]
        if let id = request.query["id"] {
            guard let id = UUID(id), let preset = try await app.database.preset(id) else { throw PageError.notFound }
            presets = [preset]
        } else {
            presets = try await app.database.presets()
        }
        var response = Response.json(PresetFile.write(presets))
        response.headers.set("Content-Disposition", "attachment; filename=\"atelier-presets.json\"")
        response.headers.set("Cache-Control", "no-store")
        return response
    }

    /// `POST /presets/import`: a file, or its text.
    static func importAll(_ request: Request, _ app: App) async throws -> Response {
        let sent = try await request.form(limit: PresetFile.largest)
        let typed = sent["json"] ?? ""
        let bytes = sent.file("file")?.bytes ?? Array(typed.utf8)
        var view = PresetsView(presets: try await app.database.presets())
        view.typed = typed
        do {
            guard bytes.contains(where: { $0 > 0x20 }) else {
                throw PresetFileProblem(lines: ["Choose a file, or paste its text."])
            }
            let presets = try await PresetFile.read(bytes) { model in
                guard case .known(let model) = app.models.find(model) else { return nil }
                return try await app.descriptions.description(of: model)
            }
            let (outcome, added) = try await app.database.importPresets(presets)
            guard outcome == .stored else { throw PresetFileProblem(lines: [PresetsView.tooMany]) }
            return .redirect(to: "/presets?added=\(added)")
        } catch let problem as PresetFileProblem {
            view.importProblems = problem.lines
            return page(view, app, status: .unprocessableContent)
        }
    }

    /// `POST /presets/{id}/rename`
    static func rename(_ request: Request, _ app: App, id: UUID) async throws -> Response {
        let typed = try await request.form(limit: 16_384)["name"] ?? ""
        var problem = Preset.nameProblem
        if let name = Preset.name(typed) {
            switch try await app.database.renamePreset(id, name) {
            case nil: throw PageError.notFound
            case .stored: return .redirect(to: "/presets")
            case .nameTaken, .tooMany: problem = "There is a preset of that name already"
            }
        }
        var view = PresetsView(presets: try await app.database.presets())
        view.renaming = (id, typed, problem)
        return page(view, app, status: .unprocessableContent)
    }

    /// `POST /presets/{id}/delete`
    static func delete(_ request: Request, _ app: App, id: UUID) async throws -> Response {
        try await app.database.deletePreset(id)
        return .redirect(to: "/presets")
    }

    private static func page(_ view: PresetsView, _ app: App, status: Status = .ok) -> Response {
        var html = HTML(capacity: 32_768)
        Pages.presetsPage(into: &html, view: view, site: app.site)
        return .page(html, status: status)
    }
}

/// The page of presets, with what there is to say about what was just done.
struct PresetsView {
    static let tooMany = "At most \(Preset.mostPresets) presets are kept: delete some first."

    let presets: [Preset]
    /// How many were imported.
    var added: Int?
    var importProblems: [String] = []
    /// The text of an import that was refused.
    var typed = ""
    /// A name that was refused.
    var renaming: (id: UUID, name: String, problem: String)?
}
