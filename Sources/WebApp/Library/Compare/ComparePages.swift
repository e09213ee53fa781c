import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

enum ComparePages {
    /// `GET /compare?a=<picture>&b=<picture>`: two pictures side by side, and where their settings differ.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        guard let first = request.query["a"].flatMap({ PictureID($0) }),
            let second = request.query["b"].flatMap({ PictureID($0) })
        else { throw PageError.malformed("This does not say which two pictures.") }
        async let left = app.database.picture(first)
        async let right = app.database.picture(second)
        guard let left = try await left, let right = try await right else {
            throw APIFailure(.notFound, "One of these pictures does not exist any more.")
        }
        var html = HTML(capacity: 16_384)
        Pages.comparePage(into: &html, comparison: Comparison(left, right), site: app.site)
        return .page(html)
    }
}

/// Two pictures, and what is not the same.
struct Comparison {
    struct Difference: Equatable {
        let name: String
        let left: String
        let right: String
    }

    let left: PictureDetails
    let right: PictureDetails
    let differences: [Difference]

    init(_ left: PictureDetails, _ right: PictureDetails) {
        self.left = left
        self.right = right
        let values = [left, right].map { details in
            details.facts.reduce(into: [String: String]()) { $0[$1.name] = $1.value }
        }
        var names: [String] = []
        for fact in left.facts + right.facts where !names.contains(fact.name) { names.append(fact.name) }
        differences = names.filter { values[0][$0] != values[1][$0] }
            .map { Difference(name: $0, left: values[0][$0] ?? "–", right: values[1][$0] ?? "–") }
    }

    var sides: [(name: String, details: PictureDetails)] { [("Left", left), ("Right", right)] }

    var swapped: SafeURL { Self.address(right.picture.id, left.picture.id) }

    static func address(_ left: PictureID, _ right: PictureID) -> SafeURL { "/compare?a=\(left)&b=\(right)" }
}

extension PictureDetails {
    fileprivate var facts: [(name: String, value: String)] {
        let settings = Setting.list(model: picture.model, parameters: parameters, details: details)
        let size = ("Pixels", "\(picture.width) × \(picture.height)")
        return [("Prompt", picture.prompt)] + settings.map { ($0.name, $0.value) } + [size]
    }
}
