import JSON
import Jobs
import Postgres

/// What predictions have used, by Replicate's own metrics, and what that costs.
struct PredictionUsage {
    /// In bytes; of larger metrics only those are kept that every prediction has.
    static let largest = 4096
    fileprivate static let common = ["predict_time", "total_time", "image_count"]

    private(set) var metrics: JSONObject = [:]
    /// In US dollars; `nil` as soon as the cost of one is not known.
    private(set) var costUSD: Double? = 0

    mutating func add(_ prediction: Prediction, costUSD cost: Double?) {
        for (name, value) in prediction.boundedMetrics { metrics[name] = metrics[name]?.adding(value) ?? value }
        costUSD = costUSD.flatMap { sum in cost.map { sum + $0 } }
    }
}

extension Prediction {
    /// Fit to be stored.
    fileprivate var boundedMetrics: JSONObject {
        let all = JSON.object(metrics)
        if !all.containsNUL, all.serialized().count <= PredictionUsage.largest { return metrics }
        var kept: JSONObject = [:]
        for name in PredictionUsage.common {
            if let number = metrics[name], number.double != nil { kept[name] = number }
        }
        return kept
    }
}

extension JSON {
    /// The sum of two numbers; of anything else the other one.
    fileprivate func adding(_ other: JSON) -> JSON {
        if case .integer(let left) = self, case .integer(let right) = other {
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? other : .integer(sum)
        }
        guard let left = double, let right = other.double, (left + right).isFinite else { return other }
        return .number(left + right)
    }
}

extension PredictionRun {
    /// Has the attempt's story tell what predictions that have ended used; each is counted once in its job.
    func report(_ predictions: [Prediction]) async {
        var usage = PredictionUsage()
        var isNews = false
        for prediction in predictions where await !isCounted(prediction.id) {
            usage.add(prediction, costUSD: prices.cost(of: prediction, orderedAs: order.model))
            isNews = true
        }
        if isNews { attempt.report(usage: .object(usage.metrics), costUSD: usage.costUSD) }
    }

    /// Whether an earlier attempt has told of it, whose pictures could not be had then.
    private func isCounted(_ id: String) async -> Bool {
        guard attempt.number > 1 else { return false }
        let answer = try? await database.query(
            "SELECT EXISTS (SELECT FROM job_attempts WHERE provider_ref = \(id) AND usage IS NOT NULL)"
        ).one { (isCounted: Bool) in isCounted }
        return answer ?? false
    }
}
