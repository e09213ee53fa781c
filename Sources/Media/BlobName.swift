/// A stored file's name: the SHA-256 of its content in 64 small hexadecimal digits, a dot, and an extension.
public struct BlobName: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// `nil` unless it is exactly such a name; no other text ever becomes a path.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count > Self.digits + 1,
            bytes[..<Self.digits].allSatisfy({ Self.hexadecimal.contains($0) }),
            bytes[Self.digits] == UInt8(ascii: "."),
            Self.isExtension(bytes[(Self.digits + 1)...])
        else { return nil }
        description = String(text)
    }

    /// `nil` unless `extension` is 1 to 8 small letters and digits.
    init?(hash: [UInt8], extension: String) {
        let digits = hash.flatMap { [Self.hexadecimal[Int($0 >> 4)], Self.hexadecimal[Int($0 & 15)]] }
        self.init(String(decoding: digits, as: UTF8.self) + "." + `extension`)
    }

    /// The content's SHA-256 in hexadecimal, fit for an `ETag`.
    public var hash: Substring { description.prefix(Self.digits) }

    public var fileExtension: Substring { description.dropFirst(Self.digits + 1) }

    /// The folder it lies in: 256 of them keep each one short.
    var folder: Substring { description.prefix(2) }

    /// Whether that may be such a folder.
    static func isFolder(_ name: String) -> Bool {
        name.utf8.count == 2 && name.utf8.allSatisfy { hexadecimal.contains($0) }
    }

    private static let digits = 64
    private static let hexadecimal = Array("0123456789abcdef".utf8)

    private static func isExtension(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count <= 8
            && bytes.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }
}

public struct StoredBlob: Sendable, Equatable {
    public let name: BlobName
    /// The file's size.
    public let bytes: Int
}
