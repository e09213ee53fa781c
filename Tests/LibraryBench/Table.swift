import EventLoop

/// The tables that are printed.
enum Table {
    static let mostBytes = 60 * 1024
    private static let mostTime = Duration.milliseconds(20)

    static let head = [
        "Targets: p95 ≤ 20 ms, HTML ≤ 60 KB, page 5,000 ≤ 1.2 times page 1. Times are the server's own, “first” when the",
        "list is not remembered, because a picture was thrown away or marked just before; CPU is of server and PostgreSQL.",
        "",
        row("page", ["HTML", "again p50", "p95", "CPU", "first p50", "p95", "CPU"], ""),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]

    static func row(_ name: String, _ times: Measurement.Times) -> String {
        let figures = [
            "\((times.bytes + 512) / 1024) KB",
            milliseconds(times.again.quantile(0.5)), milliseconds(times.again.quantile(0.95)),
            milliseconds(times.againCPU),
            milliseconds(times.first.quantile(0.5)), milliseconds(times.first.quantile(0.95)),
            milliseconds(times.firstCPU),
        ]
        var missed: [String] = []
        if times.bytes > mostBytes { missed.append("too large") }
        if max(times.again.quantile(0.95), times.first.quantile(0.95)) > mostTime { missed.append("too slow") }
        return row(name, figures, missed.joined(separator: ", "))
    }

    static func row(_ name: String, ratio: Double) -> String {
        let hundredths = Int((ratio * 100).rounded())
        let text = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        return row(name, ["", "\(text) times", "", "", "", "", ""], hundredths > 120 ? "too slow" : "")
    }

    static let planHead = ["| page | how its tables are read |", "| --- | --- |"]

    /// Each way once, in the order of the tables' names; small tables are left out.
    static func row(_ name: String, scans: [Plan.Scan]) -> String {
        let ways = Set(scans).filter { Plan.growing.contains($0.table) }.map { scan in
            guard let index = scan.index else { return "\(scan.table): \(scan.node)" }
            return "\(index) (\(scan.node))"
        }
        return "| \(padded(name, 46)) | \(ways.sorted().joined(separator: ", ")) |"
    }

    private static func row(_ name: String, _ figures: [String], _ remark: String) -> String {
        let columns = figures.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }
        return "| \(padded(name, 46)) | \(columns.joined(separator: " | ")) | \(remark) |"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func milliseconds(_ time: Duration) -> String {
        let tenths = (time.wholeNanoseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}

extension [Duration] {
    /// Of sorted times.
    func quantile(_ part: Double) -> Duration {
        isEmpty ? .zero : self[Swift.min(count - 1, Int(Double(count) * part))]
    }
}
