// The start of a URL attribute: the scheme is decided here.
extension HTML {
    /// Writes a URL of the schemes http, https, mailto and tel or one relative to this site, and `#blocked` for others.
    ///
    /// `//host` and its spellings with backslashes lead to another site, so they are not relative.
    @inlinable public mutating func url(_ value: some TextRepresentable) { checked(value.text, escapingCommas: false) }

    /// Passes as it is: its type vouches for it.
    public mutating func url(_ value: SafeURL) { normalised(value.text, escapingCommas: false) }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? \"…\" }}")
    public mutating func url<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "a URL is text, a SafeURL or a type that is TextRepresentable")
    public mutating func url<Value>(_ value: Value) {}
}

// The start of a URL in a srcset, where a comma or a space would begin the next picture.
extension HTML {
    @inlinable public mutating func sourceURL(_ value: some TextRepresentable) {
        checked(value.text, escapingCommas: true)
    }

    public mutating func sourceURL(_ value: SafeURL) { normalised(value.text, escapingCommas: true) }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? \"…\" }}")
    public mutating func sourceURL<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "a URL is text, a SafeURL or a type that is TextRepresentable")
    public mutating func sourceURL<Value>(_ value: Value) {}
}

// The start of a URL the page itself loads and obeys: a script, a stylesheet, a frame.
extension HTML {
    public mutating func resourceURL(_ value: SafeURL) { normalised(value.text, escapingCommas: false) }

    @available(*, unavailable, message: "a page only loads from a SafeURL, or from a literal path with values in it")
    public mutating func resourceURL<Value>(_ value: Value) {}
}

// Later in a URL: one component, percent-encoded, so that it cannot begin another.
extension HTML {
    @inlinable public mutating func urlComponent(_ value: some TextRepresentable) { component(value.text) }

    @usableFromInline mutating func component(_ text: String) {
        text.withBytes { bytes in
            write(atMost: 3 * bytes.count) { destination in
                var output = destination
                for byte in bytes {
                    output = isUnreserved(byte) ? put(byte, output) : putEncoded(byte, output)
                }
                return output
            }
        }
    }

    @inlinable public mutating func urlComponent(_ value: some FixedWidthInteger) { integer(value) }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? \"…\" }}")
    public mutating func urlComponent<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "a part of a URL is text, a number or a type that is TextRepresentable")
    public mutating func urlComponent<Value>(_ value: Value) {}
}

extension HTML {
    @usableFromInline mutating func checked(_ text: String, escapingCommas: Bool) {
        if isAllowed(text) {
            normalised(text, escapingCommas: escapingCommas)
        } else {
            literal("#blocked")
        }
    }

    /// Keeps the URL's own punctuation; encodes what may not stand in a URL and escapes for the attribute.
    private mutating func normalised(_ text: String, escapingCommas: Bool) {
        text.withBytes { bytes in
            write(atMost: 5 * bytes.count) { destination in
                var output = destination
                for byte in bytes {
                    switch byte {
                    case UInt8(ascii: "&"): output = put("&amp;", output)
                    case UInt8(ascii: ",") where escapingCommas, 0...0x20, 0x7F...0xFF,
                        UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "<"), UInt8(ascii: ">"),
                        UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"),
                        UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                        output = putEncoded(byte, output)
                    default: output = put(byte, output)
                    }
                }
                return output
            }
        }
    }
}

/// Whether a browser can only read this URL as one of the allowed schemes or as relative to this site.
///
/// Browsers drop control characters and leading spaces before they look for the scheme (WHATWG URL, basic URL
/// parser), so a URL with one is refused rather than cleaned.
private func isAllowed(_ url: String) -> Bool {
    let bytes = url.utf8
    guard let first = bytes.first else { return true }
    if first == UInt8(ascii: " ") || bytes.contains(where: { $0 < 0x20 }) { return false }
    let isSlash: (UInt8) -> Bool = { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
    if isSlash(first), let second = bytes.dropFirst().first, isSlash(second) { return false }
    let end = bytes.firstIndex { byte in
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") || isSlash(byte)
    }
    guard let end, bytes[end] == UInt8(ascii: ":") else { return true }
    return ["http", "https", "mailto", "tel"].contains(url[..<end].lowercased())
}

/// RFC 3986, section 2.3: letters, digits and `- . _ ~`, as a set of bits.
@inline(__always)
func isUnreserved(_ byte: UInt8) -> Bool {
    let members: UInt64 =
        switch byte >> 6 {
        case 0: 0x03FF_6000_0000_0000
        case 1: 0x47FF_FFFE_87FF_FFFE
        default: 0
        }
    return members >> UInt64(byte & 63) & 1 == 1
}

func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
}

private func putEncoded(_ byte: UInt8, _ output: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    put(hexadecimalDigit(byte & 15), put(hexadecimalDigit(byte >> 4), put(UInt8(ascii: "%"), output)))
}
