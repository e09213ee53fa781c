import EventLoop
import HTTPServer
import JSON
import Jobs
import Postgres
import Templates

/// Why a page cannot be shown.
enum PageError: Error {
    case notFound
    /// A sentence for whoever made the address.
    case malformed(String)
}

/// The one place that turns errors into answers: JSON for the API, a page for everybody else.
enum ErrorPages {
    static func response(to error: any Error, _ request: Request, _ app: App) -> Response {
        let failure = Failure(error, isAPI: request.path.hasPrefix(app.configuration.apiPrefix + "/"))
        if failure.status.code >= 500, failure.status != .serviceUnavailable {
            app.log.error("request failed") { line in
                line.field("request_id", request.id)
                line.field("path", request.path)
                line.field("error", "\(error)")
            }
        } else if failure.status == .serviceUnavailable {
            app.log.warning("request could not be served") { line in
                line.field("request_id", request.id)
                line.field("error", "\(error)")
            }
        }
        return answer(failure, request, app)
    }

    private static func answer(_ failure: Failure, _ request: Request, _ app: App) -> Response {
        var response: Response
        if !request.path.hasPrefix(app.configuration.apiPrefix + "/") {
            var html = HTML(capacity: 4096)
            Pages.errorPage(
                into: &html,
                status: failure.status.code,
                title: failure.title,
                message: failure.message,
                requestID: failure.status.code >= 500 ? request.id : nil,
                site: app.site
            )
            response = .page(html, status: failure.status)
        } else if !failure.problems.isEmpty {
            response = .invalid(failure.problems, in: failure.part)
        } else {
            let detail =
                failure.status == .internalServerError ? "\(failure.message) Request \(request.id)" : failure.message
            response = .failure(detail, status: failure.status)
        }
        if failure.status == .serviceUnavailable { response.headers.set("Retry-After", "2") }
        if let allow = failure.allow { response.headers.set("Allow", allow) }
        return response
    }
}

/// An error as the visitor may know it.
private struct Failure {
    var status: Status
    var title: String
    var message: String
    var problems: [FieldProblem] = []
    /// Where the problems are: body, path or query.
    var part = "body"
    var allow: String?

    init(_ error: any Error, isAPI: Bool) {
        switch error {
        case PageError.notFound:
            self.init(.notFound, "Nothing here", "This page does not exist, or not any more.")
            if isAPI { message = "Not found" }
        case PageError.malformed(let reason):
            self.init(.unprocessableContent, "That address cannot be right", reason)
        case let error as APIFailure:
            self.init(error.status, "That did not work", error.detail)
        case let error as InvalidJSON:
            self.init(.unprocessableContent, "That is no JSON", error.error.message)
            problems = [error.problem]
        case let error as RequestError:
            self.init(error.status, "That request cannot be read", error.message)
        case RouteError.notFound:
            self.init(.notFound, "Nothing here", "This page does not exist, or not any more.")
            if isAPI { message = "Not found" }
        case RouteError.methodNotAllowed(let allowed):
            self.init(.methodNotAllowed, "That cannot be done here", "This address does not take that method.")
            allow = allowed.map(\.description).joined(separator: ", ")
        case RouteError.malformedParameter(let name, _):
            self.init(.notFound, "Nothing here", "This page does not exist, or not any more.")
            if isAPI {
                status = .unprocessableContent
                problems = [FieldProblem([name], "Input should be a valid UUID", type: "uuid_parsing")]
                part = "path"
            }
        case let error as PostgresError where error.code == .invalidParameter:
            self.init(.unprocessableContent, "That text cannot be stored", "Text should not contain the NUL character.")
        case let error as PostgresError where error.isPassing:
            self.init(
                .serviceUnavailable,
                "Back in a moment",
                "The database cannot be reached just now; nothing was lost."
            )
        case is TimeoutError, is BlockingPool.Full:
            self.init(.serviceUnavailable, "Back in a moment", "The server is too busy just now; try again shortly.")
        default:
            self.init(.internalServerError, "Something broke", "An internal error; it has been logged.")
        }
    }

    private init(_ status: Status, _ title: String, _ message: String) {
        self.status = status
        self.title = title
        self.message = message
    }
}

extension PostgresError {
    /// Likely to be over soon, without anybody doing anything about the request.
    var isPassing: Bool {
        switch code {
        case .unavailable, .connectionLost, .statementTimeout, .serializationFailure, .deadlock, .readOnly, .diskFull:
            true
        default: false
        }
    }
}
