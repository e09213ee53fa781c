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

    /// Makes a value of every row by a reader that hands out its columns in order: for the few statements that are hot.
    ///
    /// `map` looks up the types of its columns at run time, which costs about 0.15 µs a column.
    public func read<Value>(
        _ columns: Int,
        _ transform: (inout RowReader) throws(PostgresError) -> Value
    ) throws(PostgresError) -> [Value] {
        let found = PQnfields(result.pointer)
        guard found == columns else {
            throw PostgresError(.decoding, "\(found) columns were found where \(columns) were expected")
        }
        let types = (0..<found).map { PostgresType(oid: PQftype(result.pointer, $0)) }
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in 0..<Int32(count) {
            var reader = RowReader(result: result.pointer, types: types, row: row)
            values.append(try transform(&reader))
        }
        withExtendedLifetime(self) {}
        return values
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
        return PostgresCell(pointer, row, column, type: PostgresType(oid: PQftype(pointer, column)))
    }
}

extension PostgresCell {
    fileprivate init(_ result: OpaquePointer, _ row: Int32, _ column: Int32, type: PostgresType) {
        var bytes: UnsafeRawBufferPointer?
        if PQgetisnull(result, row, column) == 0 {
            bytes = UnsafeRawBufferPointer(
                start: PQgetvalue(result, row, column),
                count: Int(PQgetlength(result, row, column))
            )
        }
        self.init(type: type, bytes: bytes, result: result, column: column)
    }
}

/// The columns of one row, in order. Every call reads the next.
public struct RowReader {
    // Borrowed from the rows, which outlive their readers.
    private let result: OpaquePointer
    private let types: [PostgresType]
    private let row: Int32
    private var column: Int32 = 0

    fileprivate init(result: OpaquePointer, types: [PostgresType], row: Int32) {
        self.result = result
        self.types = types
        self.row = row
    }

    private mutating func next() -> PostgresCell {
        precondition(column < types.count, "a row was read beyond its last column")
        defer { column += 1 }
        return PostgresCell(result, row, column, type: types[Int(column)])
    }

    public mutating func uuid() throws(PostgresError) -> UUID { try UUID(postgres: next()) }
    public mutating func string() throws(PostgresError) -> String { try String(postgres: next()) }
    public mutating func int() throws(PostgresError) -> Int { try Int(postgres: next()) }
    public mutating func double() throws(PostgresError) -> Double { try Double(postgres: next()) }
    public mutating func bool() throws(PostgresError) -> Bool { try Bool(postgres: next()) }
    public mutating func timestamp() throws(PostgresError) -> Timestamp { try Timestamp(postgres: next()) }
    public mutating func rawJSON() throws(PostgresError) -> RawJSON { try RawJSON(postgres: next()) }

    public mutating func optionalRawJSON() throws(PostgresError) -> RawJSON? {
        let cell = next()
        return cell.isNull ? nil : try RawJSON(postgres: cell)
    }

    public mutating func optionalString() throws(PostgresError) -> String? {
        let cell = next()
        return cell.isNull ? nil : try String(postgres: cell)
    }

    public mutating func optionalInt() throws(PostgresError) -> Int? {
        let cell = next()
        return cell.isNull ? nil : try Int(postgres: cell)
    }

    public mutating func optionalTimestamp() throws(PostgresError) -> Timestamp? {
        let cell = next()
        return cell.isNull ? nil : try Timestamp(postgres: cell)
    }
}

/// Ends a `PGresult` exactly once.
private final class ResultHandle: @unchecked Sendable {
    // @unchecked: a result is only read once it has arrived.
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQclear(pointer) }
}
