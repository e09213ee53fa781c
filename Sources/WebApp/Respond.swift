import HTTPServer
import JSON
import Postgres
import Templates

extension Response {
    /// `{"detail": "one sentence"}`
    static func failure(_ detail: String, status: Status) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.field("detail", detail)
        json.endObject()
        return .json(json.bytes, status: status)
    }

    /// 422, naming every bad field: `{"detail": [{"loc": ["body", "prompt"], "msg": "…", "type": "…"}]}`
    static func invalid(_ problems: [FieldProblem], in part: String = "body") -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.key("detail")
        json.beginArray()
        for problem in problems {
            json.beginObject()
            json.key("loc")
            json.beginArray()
            json.value(part)
            for step in problem.path {
                // A position in the body is a number, as a list's index is.
                if let position = Int(step) { json.value(position) } else { json.value(step) }
            }
            json.endArray()
            json.field("msg", problem.message)
            json.field("type", problem.type)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(json.bytes, status: .unprocessableContent)
    }

    /// A page; pages are made anew for everybody, so that no cache but the visitor's own may keep them.
    static func page(_ html: consuming HTML, status: Status = .ok) -> Response {
        var response = Response.html(html.bytes(), status: status)
        response.headers.set("Cache-Control", "private, no-cache")
        response.compressible = true
        return response
    }

    /// A part of a page, with an address of its own; never kept, so that "back" cannot show it.
    static func fragment(_ html: consuming HTML) -> Response {
        var response = Response.html(html.bytes())
        response.headers.set("Cache-Control", "no-store")
        response.compressible = true
        return response
    }
}

/// Reads a request's query and gathers what is wrong with it.
struct QueryReader {
    private let query: Parameters
    private(set) var problems: [FieldProblem] = []

    init(_ query: Parameters) {
        self.query = query
    }

    mutating func add(_ name: String, _ message: String, type: String) {
        problems.append(FieldProblem([name], message, type: type))
    }

    /// `nil` when it was not sent, or is wrong.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text) else {
            add(name, "Input should be a whole number", type: "int_parsing")
            return nil
        }
        guard range.contains(number) else {
            add(
                name,
                "Should be from \(range.lowerBound) to \(range.upperBound)",
                type: number < range.lowerBound ? "greater_than_equal" : "less_than_equal"
            )
            return nil
        }
        return number
    }

    mutating func value<Value>(
        _ name: String,
        _ message: String,
        type: String,
        _ read: (String) -> Value?
    ) -> Value? {
        guard let text = query[name] else { return nil }
        guard let value = read(text) else {
            add(name, message, type: type)
            return nil
        }
        return value
    }
}
