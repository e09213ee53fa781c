import CSodium

/// Base64 of RFC 4648, by libsodium.
enum Base64 {
    /// `nil` when it is not base64 with padding.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let text = text.map { CChar(bitPattern: $0) }
        var count = 0
        var isValid = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { buffer, written in
            guard let base = buffer.baseAddress else { return }
            isValid =
                sodium_base642bin(
                    base,
                    buffer.count,
                    text,
                    text.count,
                    nil,
                    &count,
                    nil,
                    sodium_base64_VARIANT_ORIGINAL
                ) == 0
            written = isValid ? count : 0
        }
        return isValid ? bytes : nil
    }
}
