import EventLoop
import HTTPServer
import JSON

/// What happens around every request: who may ask, which page answers, what every answer carries, and the log line.
struct SiteHandler: Sendable {
    let app: App
    private let routes: Routes<App>
    private let assets: StaticFiles
    private let allowedHosts: AllowedHosts

    init(_ app: App) throws {
        self.app = app
        routes = WebApp.routes(app.configuration)
        do {
            assets = try StaticFiles(root: app.configuration.publicPath, cacheControl: "no-cache")
        } catch {
            throw OperatorError(
                "the folder \(app.configuration.publicPath) with the stylesheet cannot be read: \(error.reason);"
                    + " start in the project's folder or set ATELIER_PUBLIC_PATH"
            )
        }
        allowedHosts = AllowedHosts(app.configuration)
    }

    func respond(to request: Request) async -> Response {
        let began = MonotonicTime.current
        var response = await answer(request)
        SecurityHeaders.add(to: &response)
        response.headers.append("X-Request-Id", request.id)
        let duration = MonotonicTime.current - began
        // A long poll is meant to take long.
        if request.query["wait"] == nil { app.figures.count(request: duration) }
        log(request, response, duration)
        return response
    }

    private func answer(_ request: Request) async -> Response {
        guard allowedHosts.allows(request.headers["host"]) else {
            return refusal(
                Status(421),
                "This server does not answer to that name; ATELIER_HOSTS on the server lists those it does.",
                request
            )
        }
        guard !CrossOrigin.isForbidden(request) else {
            return refusal(.forbidden, "This came from another site, and was refused.", request)
        }
        if request.method == .get || request.method == .head, request.path.hasPrefix("/assets/") {
            let path = String(request.path.dropFirst("/assets/".count))
            if let response = assets.response(for: path, request) { return response }
        }
        return await routes.respond(to: request, context: app) { error, request, app in
            ErrorPages.response(to: error, request, app)
        }
    }

    private func refusal(_ status: Status, _ detail: String, _ request: Request) -> Response {
        ErrorPages.response(to: APIFailure(status, detail), request, app)
    }

    private func log(_ request: Request, _ response: Response, _ duration: Duration) {
        app.log.info("request") { line in
            line.field("request_id", request.id)
            line.field("http.request.method", request.method.description)
            line.field("http.route", orNull: request.route)
            line.field("url.path", request.path)
            line.field("http.response.status_code", response.status.code)
            line.milliseconds("duration_ms", duration)
            let client = app.configuration.trustedProxies.client(of: request)
            line.field("client.address", client.description)
            if client != request.address { line.field("network.peer.address", request.address.description) }
        }
    }
}
