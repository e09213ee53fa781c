import HTTPServer
import Jobs
import Postgres
import Templates

enum QueuePages {
    static let largestForm = 64 << 10

    /// `GET /queue?q=state:failed&before=<job id>`: how the queues are doing, and the jobs searched for.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let (overview, list) = try await content(request, app)
        var html = HTML(capacity: 65_536)
        Pages.queuePage(
            into: &html,
            overview: overview,
            list: list,
            site: app.site
        )
        return .page(html, status: list.problems.isEmpty ? .ok : .unprocessableContent)
    }

    /// `GET /queue/live`: what of that page changes by itself.
    static func live(_ request: Request, _ app: App) async throws -> Response {
        let (overview, list) = try await content(request, app)
        var html = HTML(capacity: 65_536)
        Pages.queueLive(into: &html, overview: overview, list: list)
        return .fragment(html)
    }

    private static func content(_ request: Request, _ app: App) async throws -> (QueueOverview, JobList) {
        let search = JobSearch(request.query["q"] ?? "")
        let before = request.query["before"].flatMap { JobID($0) }
        async let overview = QueueOverview.measure(app)
        async let found = JobList.find(search, before: before, app)
        var list = try await found
        list.result = request.query["done"].flatMap(DeedResult.init)
        return (try await overview, list)
    }

    // MARK: Jobs

    /// `GET /queue/cancel?q=…` and `GET /queue/retry?q=…`: asks whether that is really meant.
    static func confirm(_ deed: JobDeed) -> @Sendable (Request, App) async throws -> Response {
        { request, app in
            let search = JobSearch(request.query["q"] ?? "")
            guard search.problems.isEmpty else { return .redirect(to: JobList.address("/queue", search, nil).text) }
            let found = try await app.database.jobsToActOn(search.among(deed.states))
            let confirmation = DeedConfirmation(
                deed: deed,
                search: search,
                counts: try await app.database.countStates(of: found.ids),
                newest: try await app.database.jobRows(of: Array(found.ids.prefix(DeedConfirmation.mostShown))),
                isWhole: found.next == nil
            )
            var html = HTML(capacity: 8192)
            Pages.confirmPage(into: &html, confirmation: confirmation, site: app.site)
            return .page(html)
        }
    }

    /// `POST /queue/cancel` and `POST /queue/retry`: the jobs selected, the one whose button was pressed, or all that a
    /// search is about.
    static func act(_ deed: JobDeed) -> @Sendable (Request, App) async throws -> Response {
        { request, app in
            let form = try await request.form(limit: largestForm)
            let search = JobSearch(form["q"] ?? "")
            let before = form["before"].flatMap { JobID($0) }
            let jobs: [JobID]
            if let only = form["only"] {
                jobs = JobID(only).map { [$0] } ?? []
            } else if form["all"] != nil, search.problems.isEmpty {
                jobs = try await app.database.jobsToActOn(search.among(deed.states)).ids
            } else {
                jobs = Set(form.all("job").compactMap { JobID($0) }).sorted()
            }
            let result = try await deed.perform(on: jobs, app)
            return .redirect(to: JobList.address("/queue", search, before, result).text + "#jobs")
        }
    }

    // MARK: Queues

    /// `POST /queues/{name}/pause`
    static func pause(_ request: Request, _ app: App, name: String) async throws -> Response {
        guard try await app.database.pauseQueue(name) else { throw PageError.notFound }
        return try await back(from: request)
    }

    /// `POST /queues/{name}/resume`
    static func resume(_ request: Request, _ app: App, name: String) async throws -> Response {
        guard try await app.database.resumeQueue(name) else { throw PageError.notFound }
        app.channels.announceWork(in: name, on: app.redis)
        return try await back(from: request)
    }

    /// To the page that the form was on.
    private static func back(from request: Request) async throws -> Response {
        let form = try await request.form(limit: largestForm)
        let before = form["before"].flatMap { JobID($0) }
        return .redirect(to: JobList.address("/queue", JobSearch(form["q"] ?? ""), before).text)
    }
}

/// What is asked before many jobs are changed.
struct DeedConfirmation: Sendable {
    let deed: JobDeed
    let search: JobSearch
    /// Of the jobs that it is about.
    let counts: [(state: Generation.State, count: Int)]
    /// A few of them.
    let newest: [JobRow]
    /// Whether these are all that match.
    let isWhole: Bool

    static let mostShown = 5

    var total: Int { counts.reduce(0) { $0 + $1.count } }

    func count(of states: Generation.State...) -> Int {
        counts.reduce(0) { $0 + (states.contains($1.state) ? $1.count : 0) }
    }
}

extension Database {
    fileprivate func countStates(
        of jobs: [JobID]
    ) async throws(PostgresError) -> [(state: Generation.State, count: Int)] {
        guard !jobs.isEmpty else { return [] }
        return try await report(
            "SELECT state::text, count(*) FROM jobs WHERE id = ANY (\(jobs.map(\.rawValue))) GROUP BY state ORDER BY state",
            timeout: JobSearch.timeLimit
        ).map { (state: Generation.State, count: Int) in (state, count) }
    }
}
