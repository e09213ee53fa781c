/// A body of type multipart/form-data (RFC 7578), kept in memory.
public struct MultipartForm: Sendable {
    /// For the header of the same name.
    public var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    private let boundary: String
    private var parts: [UInt8] = []

    /// The boundary is random: 128 bits do not occur in a file by chance.
    public init() {
        boundary =
            "part-" + String(UInt64.random(in: 0...(.max)), radix: 36)
            + String(UInt64.random(in: 0...(.max)), radix: 36)
    }

    public mutating func add(_ name: String, _ value: String) {
        append("name=\"\(Self.escaped(name))\"", type: nil, Array(value.utf8))
    }

    /// `contentType` is written as it is.
    public mutating func add(_ name: String, fileName: String, contentType: String, _ bytes: [UInt8]) {
        append("name=\"\(Self.escaped(name))\"; filename=\"\(Self.escaped(fileName))\"", type: contentType, bytes)
    }

    public var body: [UInt8] { parts + Array("--\(boundary)--\r\n".utf8) }

    private mutating func append(_ description: String, type: String?, _ bytes: [UInt8]) {
        let typeLine = type.map { "Content-Type: \($0)\r\n" } ?? ""
        parts += "--\(boundary)\r\nContent-Disposition: form-data; \(description)\r\n\(typeLine)\r\n".utf8
        parts += bytes
        parts += "\r\n".utf8
    }

    /// As browsers do: a quotation mark or a line's end would end the name.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"": result += "%22"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
