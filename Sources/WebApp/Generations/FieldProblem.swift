import JSON
import Postgres

/// One thing that is wrong with one field of what somebody sent.
struct FieldProblem: Error, Sendable, Hashable {
    /// The field's place, outermost first: `["parameters", "width"]`.
    let path: [String]
    /// A sentence without the field's name, fit for a person.
    let message: String
    /// A stable word for programs.
    let type: String

    init(_ path: [String], _ message: String, type: String) {
        self.path = path
        self.message = message
        self.type = type
    }

    /// The field's own name.
    var field: String { path.last ?? "" }
}

/// Checks that appear wherever something is sent; each answers the value, or notes the problem and answers `nil`.
struct FieldReader {
    private(set) var problems: [FieldProblem] = []
    let object: JSONObject
    let path: [String]

    init(_ object: JSONObject, path: [String] = []) {
        self.object = object
        self.path = path
    }

    mutating func add(_ field: String, _ message: String, type: String) {
        problems.append(FieldProblem(path + [field], message, type: type))
    }

    mutating func add(_ more: [FieldProblem]) {
        problems += more
    }

    /// Text that must be there and not blank.
    mutating func requiredText(_ field: String, atMost limit: Int) -> String? {
        guard let value = object[field] else {
            add(field, "Field required", type: "missing")
            return nil
        }
        guard let text = text(field, value, atMost: limit) else { return nil }
        guard !text.trimmingSpaces.isEmpty else {
            add(field, "Should not be blank", type: "string_too_short")
            return nil
        }
        return text
    }

    mutating func optionalText(_ field: String, atMost limit: Int) -> String? {
        guard let value = object[field] else { return nil }
        return text(field, value, atMost: limit)
    }

    private mutating func text(_ field: String, _ value: JSON, atMost limit: Int) -> String? {
        guard case .string(let text) = value else {
            add(field, "Input should be a valid string", type: "string_type")
            return nil
        }
        guard !text.utf8.contains(0) else {
            add(field, "Should not contain the NUL character", type: "string_nul")
            return nil
        }
        guard text.utf8.count <= limit else {
            add(field, "Should have at most \(limit) bytes", type: "string_too_long")
            return nil
        }
        return text
    }

    mutating func optionalInteger(_ field: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = object[field] else { return nil }
        guard case .integer(let number) = value else {
            add(field, "Input should be a whole number", type: "int_type")
            return nil
        }
        guard number >= range.lowerBound else {
            add(field, "Should be at least \(range.lowerBound)", type: "greater_than_equal")
            return nil
        }
        guard number <= range.upperBound else {
            add(field, "Should be at most \(range.upperBound)", type: "less_than_equal")
            return nil
        }
        return number
    }

    mutating func optionalChoice(_ field: String, of choices: [String]) -> String? {
        guard let value = object[field] else { return nil }
        guard case .string(let choice) = value, choices.contains(choice) else {
            add(field, "Should be one of \(choices.joined(separator: ", "))", type: "enum")
            return nil
        }
        return choice
    }

    /// A moment of RFC 3339, at most so far ahead.
    mutating func optionalTime(_ field: String, within limit: Duration) -> Timestamp? {
        guard let value = object[field] else { return nil }
        guard case .string(let text) = value, let time = Timestamp(text) else {
            add(field, "Input should be a time such as 2030-01-31T18:30:00Z", type: "datetime_parsing")
            return nil
        }
        guard time <= Timestamp.now + limit else {
            add(field, "Should be at most \(limit.components.seconds / 86_400) days ahead", type: "less_than_equal")
            return nil
        }
        return time
    }

    mutating func optionalObject(_ field: String) -> JSONObject? {
        guard let value = object[field] else { return nil }
        guard case .object(let object) = value else {
            add(field, "Input should be an object", type: "dict_type")
            return nil
        }
        return object
    }

    mutating func refuseOthers(than known: [String]) {
        for key in object.keys where !known.contains(key) {
            add(key, "Unknown field; known are \(known.joined(separator: ", "))", type: "extra_forbidden")
        }
    }
}

extension JSON {
    /// Whether any string in it, or any key, holds a NUL, which PostgreSQL cannot store.
    var containsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains { $0.containsNUL }
        case .object(let object): object.contains { $0.key.utf8.contains(0) || $0.value.containsNUL }
        default: false
        }
    }
}
