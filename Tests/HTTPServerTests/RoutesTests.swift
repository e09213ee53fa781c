import HTTPServer
import Testing

private struct Site: Sendable {
    let name: String
}

private struct Color: PathParameter {
    let name: String
    init?(pathSegment: String) {
        guard ["red", "blue"].contains(pathSegment) else { return nil }
        name = pathSegment
    }
}

private enum Pages {
    static func home(_ request: Request, _ site: Site) async throws -> Response { .text("home of \(site.name)") }
    static func job(_ request: Request, _ site: Site, _ id: Int) async throws -> Response { .text("job \(id)") }
    static func part(_ request: Request, _ site: Site, _ id: Int, _ color: Color) async throws -> Response {
        .text("job \(id) in \(color.name)")
    }
    static func fails(_ request: Request, _ site: Site) async throws -> Response {
        throw RequestError(.conflict, "no")
    }
}

@Suite("Routes")
struct RoutesTests {
    private let routes: Routes<Site> = {
        var routes = Routes<Site>()
        routes.get("/", Pages.home)
        routes.get("/jobs/{id}", Pages.job)
        routes.get("/jobs/{id}/{color}", Pages.part)
        routes.get("/jobs/new") { _, _ in .text("new") }
        routes.post("/jobs/{id}") { (_, _, id: Int) in .text("posted \(id)") }
        routes.delete("/jobs/{id}") { (_, _, id: Int) in .text("deleted \(id)") }
        routes.patch("/fails", Pages.fails)
        routes.put("/fails", Pages.fails)
        routes.get("/files/{path...}") { (_, _, path: String) in .text("file \(path)") }
        routes.get("/files/list") { _, _ in .text("list") }
        routes.get("/names/{name}") { (_, _, name: String) in .text("name \(name)") }
        return routes
    }()

    private func ask(_ method: Method, _ target: String) async throws -> (Response, text: String, route: String?) {
        let request = try Request(method, target)
        let response = await routes.respond(to: request, context: Site(name: "test")) { error, _, _ in
            switch error {
            case RouteError.notFound: .text("not found", status: .notFound)
            case RouteError.methodNotAllowed: .text("not allowed", status: .methodNotAllowed)
            case RouteError.malformedParameter(let name, let value):
                .text("\(name)=\(value)", status: .unprocessableContent)
            case let error as RequestError: .text(error.message, status: error.status)
            default: Response(.internalServerError)
            }
        }
        return (response, String(decoding: try await response.content(), as: UTF8.self), request.route)
    }

    @Test(arguments: [
        ("/", "home of test", "/"),
        ("/?a=b", "home of test", "/"),
        ("/jobs/7", "job 7", "/jobs/{id}"),
        ("/jobs/new", "new", "/jobs/new"),
        ("/jobs/7/red", "job 7 in red", "/jobs/{id}/{color}"),
        ("/files/a/b%2Fc/d", "file a/b/c/d", "/files/{path...}"),
        ("/files/list", "list", "/files/list"),
        ("/files/list/2", "file list/2", "/files/{path...}"),
        ("/names/a%2Fb%20%C3%A4", "name a/b ä", "/names/{name}"),
        ("/names/new", "name new", "/names/{name}"),
    ])
    func `finds the handler, a literal segment before a parameter`(
        _ target: String,
        _ expected: String,
        _ pattern: String
    ) async throws {
        let (response, text, route) = try await ask(.get, target)
        #expect(response.status == .ok)
        #expect(text == expected)
        #expect(route == pattern)
    }

    @Test(arguments: [
        "/nothing", "/jobs", "/jobs/", "/jobs//red", "//", "/jobs/7/red/", "/files", "/files/", "/Jobs/7",
    ])
    func `does not find what is not there`(_ target: String) async throws {
        let (response, _, route) = try await ask(.get, target)
        #expect(response.status == .notFound)
        #expect(route == nil)
    }

    @Test(arguments: [("/jobs/x", "id=x"), ("/jobs/01", "id=01"), ("/jobs/1/green", "color=green")])
    func `names the parameter that is none`(_ target: String, _ expected: String) async throws {
        let (response, text, _) = try await ask(.get, target)
        #expect(response.status == .unprocessableContent)
        #expect(text == expected)
    }

    @Test func `says which methods a path has`() async throws {
        let (refused, _, _) = try await ask(.put, "/jobs/7")
        #expect(refused.status == .methodNotAllowed)
        #expect(refused.headers["allow"] == "GET, HEAD, POST, DELETE, OPTIONS")
        let (asked, _, _) = try await ask(.options, "/jobs/7")
        #expect(asked.status == .noContent)
        #expect(asked.headers["Allow"] == "GET, HEAD, POST, DELETE, OPTIONS")
        let (unknown, _, _) = try await ask(.options, "/nothing")
        #expect(unknown.status == .notFound)
    }

    @Test func `answers HEAD where GET is answered, and a parameter where the literal has no such method`() async throws
    {
        let (head, _, _) = try await ask(.head, "/jobs/7")
        #expect(head.status == .ok)
        let (posted, text, _) = try await ask(.post, "/jobs/new")
        #expect(posted.status == .unprocessableContent)
        #expect(text == "id=new")
    }

    @Test func `hands errors of handlers to the mapper`() async throws {
        let (response, text, route) = try await ask(.patch, "/fails")
        #expect(response.status == .conflict)
        #expect(text == "no")
        #expect(route == "/fails")
    }

    @Test func `lists its patterns`() {
        #expect(routes.patterns.prefix(2) == ["GET /", "GET /jobs/{id}"])
    }

    @Test func `a pattern given twice is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            var routes = Routes<Int>()
            routes.get("/jobs/{id}") { (_, _, id: Int) in .text("\(id)") }
            routes.get("/jobs/{name}") { (_, _, name: String) in .text(name) }
        }
    }

    @Test func `a handler with other parameters than its pattern is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            var routes = Routes<Int>()
            routes.get("/jobs/{id}") { _, _ in .text("") }
        }
    }
}
