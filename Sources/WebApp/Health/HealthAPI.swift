import EventLoop
import HTTPServer
import JSON
import Postgres

enum HealthAPI {
    /// `GET /api/v1/health`: 200 when requests can be served, 503 when not; every part with its latency.
    static func show(_ request: Request, _ app: App) async throws -> Response {
        let health = await Health.measure(app)
        var json = JSONWriter()
        json.beginObject()
        json.field(
            "status",
            health.canServe ? (health.redis.isUp && !health.workers.isEmpty ? "ok" : "degraded") : "down"
        )
        write(health.database, as: "database", to: &json)
        write(health.redis, as: "redis", to: &json)
        json.key("worker")
        json.beginObject()
        json.field("status", health.workers.isEmpty ? "down" : "up")
        json.field("count", health.workers.count)
        json.field("running", health.workers.reduce(0) { $0 + $1.running })
        json.field("capacity", health.workers.reduce(0) { $0 + $1.capacity })
        json.key("latency_ms")
        // How long ago the freshest worker showed itself.
        if let freshest = health.workers.map(\.heartbeatAge).min() {
            json.value(Double(max(freshest, .zero).wholeNanoseconds / 1000) / 1000)
        } else {
            json.null()
        }
        json.endObject()
        json.endObject()
        var response = Response.json(json.bytes, status: health.canServe ? .ok : .serviceUnavailable)
        response.headers.set("Cache-Control", "no-store")
        if !health.canServe { response.headers.set("Retry-After", "2") }
        return response
    }

    /// `GET /healthz`: the process answers. Touches nothing else.
    static func alive(_ request: Request, _ app: App) async throws -> Response {
        .text("ok\n")
    }

    /// `GET /readyz`: 200 when the database answers and the process is not about to end.
    static func ready(_ request: Request, _ app: App) async throws -> Response {
        guard !app.figures.isDraining else { return .text("draining\n", status: .serviceUnavailable) }
        do {
            try await app.database.ping(within: .seconds(2))
        } catch {
            return .text("the database cannot be reached\n", status: .serviceUnavailable)
        }
        return .text("ready\n")
    }

    private static func write(_ part: Health.Part, as name: StaticString, to json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.field("status", part.isUp ? "up" : "down")
        json.milliseconds("latency_ms", part.latency)
        if let detail = part.detail { json.field("detail", detail) }
        json.endObject()
    }
}
