/// A data type by its number in the catalogue `pg_type`; built-in numbers never change.
public struct PostgresType: Sendable, Hashable {
    public let oid: UInt32

    public init(oid: UInt32) { self.oid = oid }

    public static let unspecified = PostgresType(oid: 0)
    public static let bool = PostgresType(oid: 16)
    public static let bytea = PostgresType(oid: 17)
    public static let name = PostgresType(oid: 19)
    public static let int8 = PostgresType(oid: 20)
    public static let int2 = PostgresType(oid: 21)
    public static let int4 = PostgresType(oid: 23)
    public static let text = PostgresType(oid: 25)
    public static let oid = PostgresType(oid: 26)
    public static let json = PostgresType(oid: 114)
    public static let float4 = PostgresType(oid: 700)
    public static let float8 = PostgresType(oid: 701)
    public static let unknown = PostgresType(oid: 705)
    public static let bpchar = PostgresType(oid: 1042)
    public static let varchar = PostgresType(oid: 1043)
    public static let timestamptz = PostgresType(oid: 1184)
    public static let interval = PostgresType(oid: 1186)
    public static let uuid = PostgresType(oid: 2950)
    public static let jsonb = PostgresType(oid: 3802)

    /// The type of arrays of this type; `.unspecified` for types not built in.
    public var array: PostgresType { PostgresType(oid: Self.builtIn[oid]?.array ?? 0) }

    /// Enumerations and other types that a schema defines, numbered from here on (`FirstNormalObjectId`).
    var isUserDefined: Bool { oid >= 16384 }

    private static let builtIn: [UInt32: (name: String, array: UInt32)] = [
        16: ("boolean", 1000), 17: ("bytea", 1001), 18: ("\"char\"", 1002), 19: ("name", 1003), 20: ("bigint", 1016),
        21: ("smallint", 1005), 23: ("integer", 1007), 25: ("text", 1009), 26: ("oid", 1028), 114: ("json", 199),
        700: ("real", 1021), 701: ("double precision", 1022), 705: ("unknown", 0), 1042: ("character", 1014),
        1043: ("character varying", 1015), 1082: ("date", 1182), 1083: ("time", 1183), 1114: ("timestamp", 1115),
        1184: ("timestamp with time zone", 1185), 1186: ("interval", 1187), 1700: ("numeric", 1231),
        2249: ("record", 2287), 2278: ("void", 0), 2950: ("uuid", 2951), 3802: ("jsonb", 3807),
    ]
}

extension PostgresType: CustomStringConvertible {
    public var description: String {
        if let known = Self.builtIn[oid] { return known.name }
        let element = Self.builtIn.values.first { $0.array == oid && oid != 0 }
        return element.map { "\($0.name)[]" } ?? "type \(oid)"
    }
}
