import JSON

/// One statement's plan, as `auto_explain` logs it in JSON.
struct Plan {
    /// A step that reads a table.
    struct Scan: Hashable {
        let node: String
        let table: String
        let index: String?
    }

    let statement: String
    /// The steps, indented, with what each has read.
    private(set) var lines: [String] = []
    private(set) var scans: [Scan] = []

    /// Tables that grow with the pictures: none may be read from end to end.
    static let growing: Set<String> = ["library", "pictures", "generations", "jobs", "job_attempts"]

    var wholeReads: [Scan] { scans.filter { $0.node.hasSuffix("Seq Scan") && Self.growing.contains($0.table) } }

    private init?(_ json: JSON) {
        guard let statement = json["Query Text"]?.string, let plan = json["Plan"] else { return nil }
        self.statement = statement
        add(plan, depth: 0)
        // A bitmap's index stands below the table that it is of.
        scans = scans.filter { $0.node != "Bitmap Index Scan" }
    }

    private mutating func add(_ node: JSON, depth: Int) {
        let kind = node["Node Type"]?.string ?? ""
        let (table, index) = (node["Relation Name"]?.string, node["Index Name"]?.string)
        var line =
            String(repeating: "  ", count: depth) + (node["Parallel Aware"]?.bool == true ? "Parallel " : "") + kind
        if let index { line += " \(index)" }
        if let table { line += " on \(table)" }
        let blocks = (node["Shared Hit Blocks"]?.int ?? 0) + (node["Shared Read Blocks"]?.int ?? 0)
        line +=
            " (\(node["Actual Rows"]?.text ?? "?") rows, \(node["Actual Loops"]?.text ?? "?") times, \(blocks) blocks)"
        for key in ["Index Cond", "Recheck Cond", "Filter", "Sort Key"] {
            if let condition = node[key] { line += "; \(key): \(condition.string ?? condition.text)" }
        }
        lines.append(line)
        let children = node["Plans"]?.array ?? []
        if let table {
            let below = children.first { $0["Node Type"]?.string?.hasPrefix("Bitmap") == true }
            scans.append(Scan(node: kind, table: table, index: index ?? below.flatMap(Self.bitmapIndex)))
        }
        for child in children { add(child, depth: depth + 1) }
    }

    private static func bitmapIndex(_ node: JSON) -> String? {
        if let index = node["Index Name"]?.string { return index }
        let names = (node["Plans"]?.array ?? []).compactMap(bitmapIndex)
        return names.isEmpty ? nil : names.joined(separator: " and ")
    }

    /// All of a piece of PostgreSQL's log.
    static func all(in log: [UInt8]) -> [Plan] {
        var plans: [Plan] = []
        var text: [UInt8]?
        func finish() {
            if let bytes = text, let json = try? JSON(parsing: bytes, maximumDepth: 256), let plan = Plan(json) {
                plans.append(plan)
            }
            text = nil
        }
        for line in log.split(separator: UInt8(ascii: "\n")) {
            // What a message has beyond its first line is indented by a tab.
            if line.first == UInt8(ascii: "\t") {
                text? += line
            } else {
                finish()
                if String(decoding: line, as: UTF8.self).hasSuffix(" plan:") { text = [] }
            }
        }
        finish()
        return plans
    }
}
