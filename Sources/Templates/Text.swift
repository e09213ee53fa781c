/// What a template may show as text: the characters themselves, which the template escapes for their place.
public protocol TextRepresentable {
    var text: String { get }
}

extension TextRepresentable where Self: RawRepresentable, RawValue == String {
    public var text: String { rawValue }
}

extension String: TextRepresentable {
    public var text: String { self }
}

extension Substring: TextRepresentable {
    public var text: String { String(self) }
}

extension Character: TextRepresentable {
    public var text: String { String(self) }
}

extension Double: TextRepresentable {
    public var text: String { description }
}

/// `true` or `false`, as ARIA states are written; HTML's boolean attributes take an `{% if %}` instead.
extension Bool: TextRepresentable {
    public var text: String { self ? "true" : "false" }
}

// Element content.
extension HTML {
    @inlinable public mutating func text(_ value: some TextRepresentable) { escape(value.text) }

    @inlinable public mutating func text(_ value: some FixedWidthInteger) { integer(value) }

    /// Markup that its type vouches for.
    public mutating func text(_ value: TrustedHTML) { value.write(into: &self) }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? \"…\" }}")
    public mutating func text<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "only text, numbers and types that are TextRepresentable can be shown")
    public mutating func text<Value>(_ value: Value) {}
}

// The content of <title> and <textarea>, where markup would be shown as text or end the element.
extension HTML {
    @inlinable public mutating func escapableText(_ value: some TextRepresentable) { escape(value.text) }

    @inlinable public mutating func escapableText(_ value: some FixedWidthInteger) { integer(value) }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? \"…\" }}")
    public mutating func escapableText<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "only text, numbers and types that are TextRepresentable can be shown")
    public mutating func escapableText<Value>(_ value: Value) {}
}

// Quoted attribute values.
extension HTML {
    @inlinable public mutating func attribute(_ value: some TextRepresentable) { escape(value.text) }

    @inlinable public mutating func attribute(_ value: some FixedWidthInteger) { integer(value) }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? \"…\" }}")
    public mutating func attribute<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "only text, numbers and types that are TextRepresentable can be shown")
    public mutating func attribute<Value>(_ value: Value) {}
}

// Numbers inside `style="…"`, where any text could be more than a value.
extension HTML {
    @inlinable public mutating func number(_ value: some FixedWidthInteger) { integer(value) }

    /// Writes 0 for what is not finite: CSS has no word for it.
    public mutating func number(_ value: Double) { escape(value.isFinite ? value.description : "0") }

    @available(*, unavailable, message: "unwrap the optional: {% if let value %} or {{ value ?? 0 }}")
    public mutating func number<Value>(_ value: Value?) {}

    @available(*, unavailable, message: "only numbers can stand here")
    public mutating func number<Value>(_ value: Value) {}
}
