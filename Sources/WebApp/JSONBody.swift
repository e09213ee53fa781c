import HTTPServer
import JSON

/// A request's body as JSON, read strictly.
enum JSONBody {
    /// Throws `APIFailure` for anything that is no JSON: another type, another character set, broken or too deep.
    static func read(_ request: Request, limit: Int) async throws -> JSON {
        let type = (request.headers["content-type"] ?? "").lowercased().split(separator: ";").map { $0.trimmingSpaces }
        guard type.first == "application/json" else {
            throw APIFailure(.unsupportedMediaType, "Send JSON with Content-Type: application/json")
        }
        for parameter in type.dropFirst() where parameter.hasPrefix("charset=") {
            let name = parameter.dropFirst("charset=".count).filter { $0 != "\"" }
            guard name == "utf-8" || name == "utf8" else {
                throw APIFailure(.unsupportedMediaType, "JSON is UTF-8; charset \(name) cannot be read")
            }
        }
        let bytes = try await request.body(limit: limit)
        do {
            return try JSON(parsing: bytes)
        } catch {
            throw InvalidJSON(error: error)
        }
    }
}

/// A client's mistake that one sentence explains.
struct APIFailure: Error {
    let status: Status
    let detail: String

    init(_ status: Status, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}

struct InvalidJSON: Error {
    let error: JSONError

    var problem: FieldProblem {
        FieldProblem(["\(error.offset)"], "JSON decode error: \(error.message)", type: "json_invalid")
    }
}
