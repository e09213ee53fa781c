import JSON

/// One axis of a grid as it was typed: an input of the model, and the values to try.
struct GridAxis: Sendable, Equatable {
    var name = ""
    /// `7, 8, 9` or `1..5`, or both.
    var values = ""

    var isEmpty: Bool { values.trimmingSpaces.isEmpty }
}

/// Every combination of the values of up to three inputs.
struct ParameterGrid: Sendable {
    static let mostAxes = 3
    /// Pictures that are queued at once.
    static let mostPictures = 64

    let axes: [(input: ModelInput, values: [JSON])]

    /// The prompt varies by its own choices; lists and objects have commas of their own.
    static func mayVary(_ input: ModelInput) -> Bool {
        input.name != "prompt" && input.kind != .json && input.kind != .lines
    }

    /// One for a grid without axes.
    var count: Int { axes.reduce(1) { $0 * $1.values.count } }

    /// The first axis is the slowest.
    var combinations: [JSONObject] {
        axes.reduce([[:]]) { rows, axis in
            rows.flatMap { row in
                axis.values.map { value in
                    var row = row
                    row[axis.input.name] = value
                    return row
                }
            }
        }
    }

    /// The values that were typed, each checked; at least one, each once.
    static func values(_ text: String, of input: ModelInput) throws(InputProblem) -> [JSON] {
        var values: [JSON] = []
        for word in try words(text, isNumeric: input.isNumeric) {
            let value: JSON?
            do throws(InputProblem) {
                value = try input.value(typed: word)
            } catch {
                throw InputProblem(message: "\(word.cleaned(atMost: 40)): \(error.message)")
            }
            guard let value, !values.contains(value) else { continue }
            guard values.count < mostPictures else { throw .tooMany }
            values.append(value)
        }
        guard !values.isEmpty else { throw InputProblem(message: "Type the values to try, such as 7, 8, 9 or 1..5") }
        return values
    }

    /// Between commas; one that holds a comma stands in quotation marks. Ranges are written out for numbers only.
    private static func words(_ text: String, isNumeric: Bool) throws(InputProblem) -> [String] {
        var words: [String] = []
        for piece in pieces(text) {
            if isNumeric, let range = try NumberRange(piece) {
                words += range.numbers
            } else {
                words.append(piece)
            }
            guard words.count <= 4 * mostPictures else { throw .tooMany }
        }
        return words
    }

    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted, "\n" where !isQuoted, "\r\n" where !isQuoted:
                pieces.append(piece)
                piece = ""
            default: piece.append(character)
            }
        }
        pieces.append(piece)
        return pieces.map { String($0.trimmingSpaces) }.filter { !$0.isEmpty }
    }
}

extension InputProblem {
    fileprivate static let tooMany = InputProblem(
        message: "That is more than \(ParameterGrid.mostPictures) values"
    )
}

/// `1..5`, `5..1` or `0..1 by 0.25`, in decimal numbers, so that no binary fraction shows.
private struct NumberRange {
    private static let mostDigits = 6

    let numbers: [String]

    /// `nil` for a text that is no range.
    init?(_ text: String) throws(InputProblem) {
        guard let dots = text.firstRange(of: "..") else { return nil }
        var rest = text[dots.upperBound...]
        var step: Substring = "1"
        if let by = rest.firstRange(of: " by ") {
            step = rest[by.upperBound...]
            rest = rest[..<by.lowerBound]
        }
        let parts = [text[..<dots.lowerBound], rest, step].map { $0.trimmingSpaces }
        let scale = parts.map { $0.split(separator: ".", maxSplits: 1).dropFirst().first?.utf8.count ?? 0 }.max() ?? 0
        let whole = parts.compactMap { Self.scaled($0, scale) }
        guard scale <= Self.mostDigits, whole.count == 3, whole[2] > 0 else {
            throw InputProblem(message: "“\(text.cleaned(atMost: 40))” is no range such as 1..5 or 0..1 by 0.25")
        }
        let (first, last, by) = (whole[0], whole[1], whole[2])
        guard abs(last - first) / by < ParameterGrid.mostPictures else { throw .tooMany }
        numbers = stride(from: first, through: last, by: first <= last ? by : -by).map { Self.text($0, scale) }
    }

    /// A decimal number times ten to the power of `scale`; up to about a billion.
    private static func scaled(_ text: some StringProtocol, _ scale: Int) -> Int? {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), scale <= mostDigits, parts[0].utf8.count <= 10 else { return nil }
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        let digits = parts[0] + fraction + String(repeating: "0", count: max(0, scale - fraction.utf8.count))
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else {
            return nil
        }
        return isNegative ? -number : number
    }

    private static func text(_ number: Int, _ scale: Int) -> String {
        guard scale > 0 else { return String(number) }
        let digits = String(number.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        let fraction = padded.suffix(scale)
        return "\(number < 0 ? "-" : "")\(padded.dropLast(scale)).\(fraction)"
    }
}
