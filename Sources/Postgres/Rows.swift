import CPostgres
import Glibc

/// What a statement answered: rows to map, and how many it touched.
public struct Rows: Sendable {
    private let result: ResultHandle

    init(_ result: OpaquePointer) { self.result = ResultHandle(result) }

    public var count: Int { Int(PQntuples(result.pointer)) }
    public var isEmpty: Bool { count == 0 }

    /// How many rows were inserted, updated, deleted or selected; 0 for other statements.
    public var affected: Int {
        PQcmdTuples(result.pointer).map { Int(strtol($0, nil, 10)) } ?? 0
    }

    /// The command's name as the server repeats it, such as `COMMIT`.
    var command: String {
        PQcmdStatus(result.pointer).map { String(cString: $0) } ?? ""
    }

    /// Makes a value of every row, from its columns in order:
    ///
    ///     rows.map { (id: UUID, prompt: String, size: Int?) in … }
    ///
    /// Throws `.decoding` when the number of columns or the type of one is another.
    public func map<each Column: PostgresDecodable, Value>(
        _ transform: (repeat each Column) throws(PostgresError) -> Value
    ) throws(PostgresError) -> [Value] {
        try checkColumns((repeat each Column).self, Self.count(repeat (each Column).self))
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in 0..<Int32(count) {
            var column: Int32 = 0
            values.append(try transform(repeat decode((each Column).self, row, &column)))
        }
        return values
    }

    /// Makes a value of the first row; `nil` when there is none.
    public func one<each Column: PostgresDecodable, Value>(
        _ transform: (repeat each Column) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value? {
        try checkColumns((repeat each Column).self, Self.count(repeat (each Column).self))
        guard !isEmpty else { return nil }
        var column: Int32 = 0
        return try transform(repeat decode((each Column).self, 0, &column))
    }

    private static func count<each Column>(_: repeat (each Column).Type) -> Int32 {
        var count: Int32 = 0
        for _ in repeat (each Column).self { count += 1 }
        return count
    }

    private func checkColumns(_ expected: Any.Type, _ count: Int32) throws(PostgresError) {
        let found = PQnfields(result.pointer)
        guard found == count else {
            throw PostgresError(.decoding, "\(found) columns were found where \(expected) was expected")
        }
    }

    private func decode<Column: PostgresDecodable>(
        _: Column.Type,
        _ row: Int32,
        _ column: inout Int32
    ) throws(PostgresError) -> Column {
        let position = column
        column += 1
        return try Column(postgres: cell(row, position))
    }

    private func cell(_ row: Int32, _ column: Int32) -> PostgresCell {
        let pointer = result.pointer
        var bytes: UnsafeRawBufferPointer?
        if PQgetisnull(pointer, row, column) == 0 {
            bytes = UnsafeRawBufferPointer(
                start: PQgetvalue(pointer, row, column),
                count: Int(PQgetlength(pointer, row, column))
            )
        }
        return PostgresCell(
            type: PostgresType(oid: PQftype(pointer, column)),
            bytes: bytes,
            column: PQfname(pointer, column)
        )
    }
}

/// Ends a `PGresult` exactly once.
private final class ResultHandle: @unchecked Sendable {
    // @unchecked: a result is only read once it has arrived.
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQclear(pointer) }
}
