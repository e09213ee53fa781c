import Glibc
import HTTPServer

/// Everything the environment decides, read once at the start.
struct Configuration: Sendable {
    var databaseURL = "postgresql:///atelier"
    var redisURL = "redis://127.0.0.1:6379"
    /// Starts the name of every Redis key and channel, so that installations can share a server.
    var redisPrefix = "atelier"
    var replicateToken: Secret?
    var replicateBaseURL = "https://api.replicate.com/v1"
    /// What the model picker offers of Replicate; any other model can be typed by API clients.
    var replicateModels = ["black-forest-labs/flux-schnell", "stability-ai/sdxl", "google/imagen-4"]
    /// Predictions under way, over all workers.
    var replicateConcurrency = 16
    /// Predictions started a second, over all workers; 0 lifts the limit.
    var replicateRate = 5
    var replicatePrices = ReplicatePrices()
    /// Private `host:port`s that providers may live at, beside the public internet.
    var privateProviders: [String] = []
    var canvasConcurrency = 2
    var debug = false
    var projectName = "Atelier"
    var apiPrefix = "/api/v1"
    var storagePath = "var/storage"
    /// The time between looks through the stored files for those that no picture names.
    var sweepInterval: Duration = .seconds(3600)
    /// How long a file is kept that no picture names: the time limit of a job, a minute to store its end, and a margin.
    var sweepGrace: Duration = .seconds(1800)
    var publicPath = "Public"
    var migrationsPath = "migrations"
    var maxRetries = 3
    var retryBackoffBase = 2.0
    var jobTimeLimit: Duration = .seconds(600)
    /// A job whose worker is silent for so long is given to another.
    var jobLease: Duration = .seconds(15)
    /// Days that failed and cancelled jobs are kept; 0: for ever. Pictures stay anyway.
    var jobRetentionDays = 30
    /// Days that pictures stay in the trash; 0: for ever.
    var trashDays = 30
    var host = "127.0.0.1"
    var port = 8080
    /// Names this server answers to; empty: loopback names when bound to loopback, else any.
    var allowedHosts: [String] = []
    /// Addresses and networks of the proxies in front, whose `X-Forwarded-For` is believed.
    var trustedProxies = TrustedProxies.none
    /// Event loops that serve requests: half the cores, for PostgreSQL and the worker need the other half.
    var loops = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2)
    var drainLimit: Duration = .seconds(20)
}

extension Configuration {
    /// `nil`: the trash is emptied by people only.
    var trashRetention: Duration? { trashDays == 0 ? nil : .seconds(86_400 * trashDays) }
}

/// A value that never reaches a log by accident.
struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The secret itself, for the one call that needs it.
    let revealed: String
    var description: String { "•••" }
    var debugDescription: String { "•••" }
}

/// Every variable that cannot be used, in one message.
struct ConfigurationError: Error, CustomStringConvertible {
    let problems: [String]
    var description: String {
        "The configuration cannot be used:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// What is wrong with one variable: the rest of a sentence that begins with its name.
struct SettingProblem: Error {
    let words: String
    init(_ words: String) { self.words = words }
}

extension Configuration {
    /// Reads the process's environment, and beneath it the file `.env` in the working folder when there is one.
    static func load() throws -> Configuration {
        var values = try EnvironmentFile.read(".env")
        var entry = environ
        while let pointer = entry.pointee {
            let parts = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return try Configuration(values)
    }

    /// An empty value counts as not set.
    init(_ values: [String: String]) throws(ConfigurationError) {
        var reader = VariableReader(values: values)
        reader.text("DATABASE_URL", &databaseURL) { $0.hasPrefix("postgres") ? nil : "must be a postgresql:// URL" }
        reader.text("REDIS_URL", &redisURL) { url in
            ["redis://", "rediss://", "unix://"].contains { url.hasPrefix($0) }
                ? nil : "must be a redis:// or unix:// URL"
        }
        reader.text("ATELIER_REDIS_PREFIX", &redisPrefix)
        reader.secret("REPLICATE_API_TOKEN", &replicateToken)
        reader.text("REPLICATE_BASE_URL", &replicateBaseURL) { url in
            url.hasPrefix("https://") || url.hasPrefix("http://") ? nil : "must be an http:// or https:// URL"
        }
        reader.list("REPLICATE_MODELS", &replicateModels)
        reader.number("REPLICATE_CONCURRENCY", &replicateConcurrency, in: 1...1000)
        reader.number("REPLICATE_RATE", &replicateRate, in: 0...10_000)
        reader.parsed("REPLICATE_PRICES", &replicatePrices) { text throws(SettingProblem) in
            try ReplicatePrices(text)
        }
        reader.list("ATELIER_PRIVATE_PROVIDERS", &privateProviders)
        reader.number("ATELIER_CANVAS_CONCURRENCY", &canvasConcurrency, in: 1...64)
        reader.flag("DEBUG", &debug)
        reader.text("PROJECT_NAME", &projectName)
        reader.text("API_V1_PREFIX", &apiPrefix) { prefix in
            prefix.hasPrefix("/") && !prefix.hasSuffix("/") && prefix.utf8.count > 1
                ? nil : "must start with / and not end with it"
        }
        reader.text("STORAGE_PATH", &storagePath)
        reader.text("ATELIER_PUBLIC_PATH", &publicPath)
        reader.text("ATELIER_MIGRATIONS_PATH", &migrationsPath)
        reader.number("MAX_RETRIES", &maxRetries, in: 0...100)
        reader.decimal("RETRY_BACKOFF_BASE", &retryBackoffBase, in: 1...10)
        reader.seconds("ATELIER_JOB_TIME_LIMIT", &jobTimeLimit, in: 1...86_400)
        reader.seconds("ATELIER_JOB_LEASE", &jobLease, in: 2...3600)
        reader.seconds("ATELIER_SWEEP_INTERVAL", &sweepInterval, in: 1...604_800)
        sweepGrace = jobTimeLimit + .seconds(1200)
        reader.seconds("ATELIER_SWEEP_GRACE", &sweepGrace, in: 0...31_536_000)
        reader.number("ATELIER_KEEP_JOBS_DAYS", &jobRetentionDays, in: 0...36_500)
        reader.number("ATELIER_TRASH_DAYS", &trashDays, in: 0...36_500)
        reader.seconds("ATELIER_DRAIN_LIMIT", &drainLimit, in: 0...3600)
        reader.text("HOST", &host)
        reader.number("PORT", &port, in: 0...65_535)
        reader.list("ATELIER_HOSTS", &allowedHosts)
        var proxies: [String] = []
        reader.list("ATELIER_TRUSTED_PROXIES", &proxies) { proxy in
            TrustedProxies([proxy]) == nil ? "must list addresses or networks such as 10.0.0.0/8, not “\(proxy)”" : nil
        }
        trustedProxies = TrustedProxies(proxies) ?? .none
        reader.number("ATELIER_LOOPS", &loops, in: 1...64)
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.problems) }
    }
}

/// Reads variables into settings and gathers what is wrong with them.
private struct VariableReader {
    let values: [String: String]
    var problems: [String] = []

    private func value(_ name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    mutating func text(_ name: String, _ setting: inout String, problem: (String) -> String? = { _ in nil }) {
        guard let value = value(name) else { return }
        if let problem = problem(value) { problems.append("\(name) \(problem)") } else { setting = value }
    }

    mutating func secret(_ name: String, _ setting: inout Secret?) {
        guard let value = value(name) else { return }
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            problems.append("\(name) has characters that no token has")
            return
        }
        setting = Secret(revealed: value)
    }

    mutating func parsed<Value>(
        _ name: String,
        _ setting: inout Value,
        _ read: (String) throws(SettingProblem) -> Value
    ) {
        guard let value = value(name) else { return }
        do {
            setting = try read(value)
        } catch {
            problems.append("\(name) \(error.words)")
        }
    }

    /// Words separated by commas.
    mutating func list(_ name: String, _ setting: inout [String], problem: (String) -> String? = { _ in nil }) {
        guard let value = value(name) else { return }
        let words = value.split(separator: ",").map { String($0.trimmingSpaces) }.filter { !$0.isEmpty }
        let found = words.compactMap(problem).map { "\(name) \($0)" }
        if found.isEmpty { setting = words } else { problems += found }
    }

    mutating func flag(_ name: String, _ setting: inout Bool) {
        guard let value = value(name)?.lowercased() else { return }
        switch value {
        case "1", "true", "yes", "on": setting = true
        case "0", "false", "no", "off": setting = false
        default: problems.append("\(name) must be true or false, not “\(value)”")
        }
    }

    mutating func number(_ name: String, _ setting: inout Int, in range: ClosedRange<Int>) {
        guard let value = value(name) else { return }
        guard let number = Int(value), range.contains(number) else {
            problems.append(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not “\(value)”"
            )
            return
        }
        setting = number
    }

    mutating func decimal(_ name: String, _ setting: inout Double, in range: ClosedRange<Double>) {
        guard let value = value(name) else { return }
        guard let number = Double(value), range.contains(number) else {
            problems.append("\(name) must be a number from \(range.lowerBound) to \(range.upperBound), not “\(value)”")
            return
        }
        setting = number
    }

    mutating func seconds(_ name: String, _ setting: inout Duration, in range: ClosedRange<Int>) {
        var number = Int(setting.components.seconds)
        self.number(name, &number, in: range)
        setting = .seconds(number)
    }
}
