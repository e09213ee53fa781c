import Glibc

/// The statements that one session keeps prepared, by text and parameter types.
struct StatementCache {
    /// What a session may keep; statements beyond it are parsed each time.
    static let capacity = 256

    private var statements: [Key: PreparedStatement] = [:]
    private var made = 0

    private struct Key: Hashable {
        let sql: SQL

        static func == (left: Key, right: Key) -> Bool {
            let (left, right) = (left.sql, right.sql)
            return left.text.count == right.text.count && memcmp(left.text, right.text, left.text.count) == 0
                && left.parameters.entries.elementsEqual(right.parameters.entries) { $0.type == $1.type }
        }

        func hash(into hasher: inout Hasher) {
            sql.text.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    enum Answer {
        case prepared(PreparedStatement)
        /// To be prepared first, under this name.
        case new(PreparedStatement)
        case full
    }

    mutating func find(_ sql: SQL) -> Answer {
        let key = Key(sql: sql)
        if let known = statements[key], known.state != .gone { return .prepared(known) }
        if statements.count >= Self.capacity {
            statements = statements.filter { $0.value.state != .gone }
            guard statements.count < Self.capacity else { return .full }
        }
        made += 1
        let statement = PreparedStatement(name: "s\(made)")
        statements[key] = statement
        return .new(statement)
    }

    mutating func forget(_ sql: SQL) { statements[Key(sql: sql)] = nil }
}
