/// What a client may already have, and which part of the rest it wants (RFC 9110, sections 13 and 14).
enum Selection: Equatable {
    case whole
    case part(Range<Int>)
    /// 304
    case notModified
    /// 416
    case unsatisfiable
}

extension Request {
    /// Chooses what to send of something with this entity tag, in quotes, and this time, in seconds since 1970.
    func selection(tag: String, modified: Int, length: Int) -> Selection {
        if let known = headers["if-none-match"] {
            if entityTags(known, include: tag) { return .notModified }
        } else if let since = headers["if-modified-since"].flatMap(HTTPDate.seconds), modified <= since {
            return .notModified
        }
        // Ranges are defined for GET only, and If-Range compares strongly.
        guard method == .get, let wanted = headers["range"] else { return .whole }
        if let condition = headers["if-range"], condition != tag || tag.hasPrefix("W/"),
            HTTPDate.seconds(condition) != modified
        {
            return .whole
        }
        return byteRange(wanted, length: length)
    }

    /// Whether the client has what this entity tag, in quotes, names: a GET or HEAD may then be answered by 304.
    public func alreadyHas(tag: String) -> Bool {
        guard method == .get || isHead, let known = headers["if-none-match"] else { return false }
        return entityTags(known, include: tag)
    }
}

/// Weak comparison: `W/` makes no difference.
private func entityTags(_ list: String, include tag: String) -> Bool {
    let opaque = { (tag: Substring) in tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
    let wanted = opaque(tag[...])
    return list.split(separator: ",").contains { item in
        let item = item.trimmed
        return item == "*" || opaque(item) == wanted
    }
}

/// One range of bytes; several, and what is malformed or in another unit, mean the whole.
private func byteRange(_ text: String, length: Int) -> Selection {
    guard text.hasPrefix("bytes=") else { return .whole }
    let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy(ASCII.isDigit) }) else { return .whole }
    // A number too large for an Int is larger than any file.
    let first = Int(parts[0]) ?? .max
    let last = Int(parts[1]) ?? .max
    switch (parts[0].isEmpty, parts[1].isEmpty) {
    case (true, true):
        return .whole
    case (true, false):
        let count = min(last, length)
        return count > 0 ? .part(length - count..<length) : .unsatisfiable
    case (false, true):
        return first < length ? .part(first..<length) : .unsatisfiable
    case (false, false):
        guard first <= last else { return .whole }
        return first < length ? .part(first..<min(last, length - 1) + 1) : .unsatisfiable
    }
}
