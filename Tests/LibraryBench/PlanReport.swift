import Glibc

/// Every plan that was seen, once a page.
struct PlanReport {
    private var text = ""
    /// Statements that have read a whole table, by page.
    private(set) var problems: [String] = []

    mutating func add(_ plans: [Plan], of one: Case) {
        var seen: Set<String> = []
        text += "# \(one.name)\n\n"
        for plan in plans where seen.insert(plan.statement + plan.scans.description).inserted {
            text += "\(plan.statement)\n\n\(plan.lines.map { "    \($0)\n" }.joined())\n"
            for scan in plan.wholeReads { problems.append("\(one.name): \(scan.table) by \(plan.statement)") }
        }
    }

    func write(to path: String) throws {
        guard let file = fopen(path, "w") else { throw Problem("\(path) cannot be written") }
        fputs(text, file)
        guard fclose(file) == 0 else { throw Problem("\(path) cannot be written") }
    }
}
