import CZlib

/// Text chunks of a PNG (PNG specification, third edition, 11.3.3).
enum PNGText {
    /// Calls `body` with the file's parts: the chunks come behind the signature (8 bytes) and IHDR (25).
    static func inserting(
        _ chunks: [UInt8],
        into file: UnsafeRawBufferPointer,
        _ body: ([UnsafeRawBufferPointer]) throws(PictureError) -> Void
    ) throws(PictureError) {
        let head = UnsafeRawBufferPointer(rebasing: file[..<33])
        let rest = UnsafeRawBufferPointer(rebasing: file[33...])
        try chunks.withUnsafeBufferPointer { (chunks) throws(PictureError) in
            try body([head, UnsafeRawBufferPointer(chunks), rest])
        }
    }

    /// `tEXt`, which every reader knows, while the text is ASCII; else `iTXt`, which is UTF-8.
    static func chunk(keyword: String, text: String) -> [UInt8] {
        precondition(isKeyword(keyword), "a PNG keyword is 1 to 79 letters, digits and single spaces")
        // A zero byte would end the text.
        let content = text.utf8.map { $0 == 0 ? UInt8(ascii: " ") : $0 }
        let isASCII = content.allSatisfy { $0 < 0x80 }
        // iTXt: not compressed, compression method 0, no language, no translated keyword.
        let separator: [UInt8] = isASCII ? [0] : [0, 0, 0, 0, 0]
        let body = Array((isASCII ? "tEXt" : "iTXt").utf8) + Array(keyword.utf8) + separator + content
        let checksum = body.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
        return bigEndian(UInt32(body.count - 4)) + body + bigEndian(UInt32(truncatingIfNeeded: checksum))
    }

    private static func isKeyword(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (1...79).contains(bytes.count)
            && bytes.allSatisfy { (0x20...0x7E).contains($0) }
            && bytes.first != 0x20 && bytes.last != 0x20
            && !zip(bytes, bytes.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
