/// The members of a JSON object in the order they were written; equality ignores the order.
public struct JSONObject: Sendable {
    /// Below this many members a search beats hashing.
    private static let indexThreshold = 9

    private var members: [(key: String, value: JSON)] = []
    /// Where each key is; empty while the object is small.
    private var index: [String: Int] = [:]

    public init() {}

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// Setting `nil` removes the member; a new member goes last.
    public subscript(key: String) -> JSON? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (nil, let value?): append(key, value)
            case (let position?, nil): remove(at: position)
            case (nil, nil): break
            }
        }
    }

    /// `false` when there is such a member already, which then stays.
    mutating func insert(_ key: String, _ value: JSON) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private func position(of key: String) -> Int? {
        if index.isEmpty { return members.firstIndex { $0.key == key } }
        return index[key]
    }

    private mutating func append(_ key: String, _ value: JSON) {
        members.append((key, value))
        if !index.isEmpty {
            index[key] = members.count - 1
        } else if members.count >= Self.indexThreshold {
            rebuildIndex()
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        index = [:]
        if members.count >= Self.indexThreshold { rebuildIndex() }
    }

    private mutating func rebuildIndex() {
        for (position, member) in members.enumerated() { index[member.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }
    public subscript(position: Int) -> (key: String, value: JSON) { members[position] }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        var combined = 0
        for (key, value) in members {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            combined ^= member.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Of equal keys the last one counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        for (key, value) in elements { self[key] = value }
    }
}
