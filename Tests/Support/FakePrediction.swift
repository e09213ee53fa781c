import Glibc

/// A prediction as the fake keeps it.
struct FakePrediction: Sendable {
    let id: String
    let model: String
    let version: String
    /// As sent, raw JSON.
    let input: String
    let script: PredictionScript
    private(set) var createdAt: Double
    let deadline: Double?
    let client: String
    private(set) var endedAt: Double?
    private(set) var step: PredictionStep
    private var later: [PredictionStep]
    /// The files were removed.
    var isExpired = false
    var fileRequests = 0

    init(
        id: String,
        model: String,
        version: String,
        input: String,
        script: PredictionScript,
        lifetime: Int?,
        client: String
    ) {
        self.id = id
        self.model = model
        self.version = version
        self.input = input
        self.client = client
        var script = script
        if script.signsFiles { script.files = script.files.map { signed($0, id) } }
        self.script = script
        let now = wallClock()
        createdAt = now
        deadline = lifetime.map { now + Double($0) }
        step = script.steps.first ?? .starting
        later = Array(script.steps.dropFirst())
        if step.isTerminal { endedAt = now }
    }

    /// By being asked for.
    mutating func advance() {
        if script.duration == nil, !later.isEmpty { take(later.removeFirst(), at: wallClock()) }
    }

    /// By the clock, when it has a duration.
    mutating func keepUp() {
        guard let duration = script.duration, !later.isEmpty else { return }
        let pause = duration / Double(max(1, script.steps.count - 1))
        let due = min(script.steps.count - 1, Int((wallClock() - createdAt) / pause))
        while script.steps.count - 1 - later.count < due {
            take(later.removeFirst(), at: createdAt + pause * Double(script.steps.count - 1 - later.count))
        }
    }

    /// As if it had been created earlier, in seconds.
    mutating func age(by seconds: Double) {
        createdAt -= seconds
        endedAt = endedAt.map { $0 - seconds }
    }

    /// Leaves a finished prediction as it is.
    mutating func cancel() {
        guard !step.isTerminal else { return }
        later = []
        take(.canceled, at: wallClock())
    }

    mutating func finish() {
        take(later.last ?? step, at: wallClock())
        later = []
    }

    private mutating func take(_ next: PredictionStep, at time: Double) {
        step = next
        if step.isTerminal { endedAt = endedAt ?? time }
    }

    var record: PredictionRecord {
        PredictionRecord(
            id: id,
            input: input,
            status: step.status,
            error: step.error,
            createdAt: createdAt,
            endedAt: endedAt,
            client: client
        )
    }

    /// The whole object. `synchronous`: `processing`, though all the output is there.
    func json(api: String, files: String, synchronous: Bool = false) -> String {
        let isRemoved = step.isDataRemoved || isExpired
        let hasOutput = (step.status == "succeeded" || synchronous) && !isRemoved
        var members = [
            ("id", quoted(id)), ("model", quoted(model)), ("version", quoted(version)),
            ("input", isRemoved ? "{}" : input), ("logs", quoted(isRemoved ? "" : step.logs ?? "")),
            ("output", hasOutput ? output(files) : "null"), ("data_removed", isRemoved ? "true" : "false"),
            ("error", step.error.map(quoted) ?? "null"), ("source", quoted("api")),
            ("status", quoted(synchronous ? "processing" : step.status)), ("created_at", quoted(timestamp(createdAt))),
        ]
        // Absent before they have a value, not null.
        if step.status != "starting" { members.append(("started_at", quoted(timestamp(createdAt + 0.25)))) }
        if step.isTerminal, !synchronous {
            members.append(("completed_at", quoted(timestamp(createdAt + 1.5))))
            if let metrics = script.metrics { members.append(("metrics", metrics)) }
        }
        if let deadline { members.append(("deadline", quoted(timestamp(deadline)))) }
        let address = "\(api)/predictions/\(id)"
        let urls = [("cancel", address + "/cancel"), ("get", address), ("web", "https://replicate.com/p/\(id)")]
        members.append(("urls", "{" + urls.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",") + "}"))
        return "{" + members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    private func output(_ host: String) -> String {
        let urls = script.files.indices.map { quoted("\(host)/\(id)/out-\($0).png") }
        switch script.output {
        case .files: return "[" + urls.joined(separator: ",") + "]"
        case .oneFile: return urls.first ?? "null"
        case .dataURI: return quoted("data:image/png;base64," + base64(script.files.first ?? []))
        case .json(let text): return text
        }
    }
}

/// JSON text, for what the fake reads and writes; none of our own parser's code.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// The raw text of a member of a JSON object, `nil` when it has none of that name. Expects valid JSON.
func member(_ name: String, of json: String) -> String? {
    let bytes = Array(json.utf8)
    var position = 0
    var depth = 0
    var key: String?
    var valueStart: Int?
    while position < bytes.count {
        switch bytes[position] {
        case UInt8(ascii: "\""):
            let start = position
            position += 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            if depth == 1, valueStart == nil, position < bytes.count {
                key = String(decoding: bytes[start + 1..<position], as: UTF8.self)
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: ":") where depth == 1 && valueStart == nil: valueStart = position + 1
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
            if depth == 1, let start = valueStart {
                if key == name {
                    let text = String(decoding: bytes[start..<position], as: UTF8.self)
                    return String(text.drop { $0 == " " })
                }
                valueStart = nil
            }
            if bytes[position] != UInt8(ascii: ",") { depth -= 1 }
        default: break
        }
        position += 1
    }
    return nil
}

/// Without its quotation marks; escapes stay.
func stringMember(_ name: String, of json: String) -> String? {
    guard let raw = member(name, of: json), raw.hasPrefix("\""), raw.hasSuffix("\""), raw.count >= 2 else { return nil }
    return String(raw.dropFirst().dropLast())
}

/// Seconds since 1970.
public func wallClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// RFC 3339 in UTC with microseconds.
func timestamp(_ seconds: Double) -> String {
    var whole = time_t(seconds)
    var parts = tm()
    gmtime_r(&whole, &parts)
    let micros = Int((seconds - Double(whole)) * 1e6)
    func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return "\(date)T\(time).\(padded(micros, 6))Z"
}

func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for digit in 0..<4 {
            text.append(digit <= group.count ? alphabet[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// A PNG with a text in it that is no part of the picture.
public func signed(_ png: [UInt8], _ text: String) -> [UInt8] {
    func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    let chunk = Array("tEXtComment\0\(text)".utf8)
    // The last chunk, which has no content, takes 12 bytes.
    let signature = bigEndian(UInt32(chunk.count - 4)) + chunk + bigEndian(crc32(chunk))
    return Array(png.dropLast(12)) + signature + Array(png.suffix(12))
}

/// The seconds of a `Cancel-After` header: `90`, `30s`, `5m` or `1h30m45s`; `nil` for anything else.
func lifetime(_ text: String) -> Int? {
    if let seconds = Int(text) { return seconds }
    var total = 0
    var digits = ""
    for character in text {
        if character.isNumber {
            digits.append(character)
        } else {
            guard let number = Int(digits), let unit = ["h": 3600, "m": 60, "s": 1][character] else { return nil }
            total += number * unit
            digits = ""
        }
    }
    return digits.isEmpty ? total : nil
}

/// The part named `content` of a multipart body.
func multipartContent(_ body: [UInt8], boundary: String) -> [UInt8]? {
    let name = boundary.hasPrefix("\"") ? String(boundary.dropFirst().prefix { $0 != "\"" }) : boundary
    var rest = body[...]
    while let start = rest.firstRange(of: Array("--\(name)\r\n".utf8)),
        let blank = rest[start.upperBound...].firstRange(of: [13, 10, 13, 10]),
        let end = rest[blank.upperBound...].firstRange(of: Array("\r\n--\(name)".utf8))
    {
        let head = String(decoding: rest[start.upperBound..<blank.lowerBound], as: UTF8.self)
        if head.contains("name=\"content\"") { return Array(rest[blank.upperBound..<end.lowerBound]) }
        rest = rest[(end.lowerBound + 2)...]
    }
    return nil
}
