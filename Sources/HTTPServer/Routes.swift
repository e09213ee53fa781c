/// Why no handler answered.
public enum RouteError: Error, Sendable, Equatable {
    case notFound
    /// The path exists for other methods; its `Allow` field is added to whatever response this becomes.
    case methodNotAllowed(allowed: [Method])
    /// A segment is not what its route takes.
    case malformedParameter(name: String, value: String)
}

/// A site's table of contents: which handler answers which path.
///
/// A pattern is `/jobs/{id}/card`; `{path...}` at its end takes the rest. A literal segment is preferred to a
/// parameter. GET answers HEAD too, and OPTIONS is answered with `Allow`.
public struct Routes<Context: Sendable>: Sendable {
    typealias Handler = @Sendable (Request, Context, [String]) async throws -> Response

    private struct Route: Sendable {
        let pattern: RoutePattern
        let handler: Handler
    }
    private var routes: [Route] = []
    private var tree = RouteTree()

    public init() {}

    public mutating func get<each Parameter: PathParameter>(
        _ pattern: String,
        _ handler: @escaping @Sendable (Request, Context, repeat each Parameter) async throws -> Response
    ) {
        on(.get, pattern, handler)
    }

    public mutating func post<each Parameter: PathParameter>(
        _ pattern: String,
        _ handler: @escaping @Sendable (Request, Context, repeat each Parameter) async throws -> Response
    ) {
        on(.post, pattern, handler)
    }

    public mutating func put<each Parameter: PathParameter>(
        _ pattern: String,
        _ handler: @escaping @Sendable (Request, Context, repeat each Parameter) async throws -> Response
    ) {
        on(.put, pattern, handler)
    }

    public mutating func patch<each Parameter: PathParameter>(
        _ pattern: String,
        _ handler: @escaping @Sendable (Request, Context, repeat each Parameter) async throws -> Response
    ) {
        on(.patch, pattern, handler)
    }

    public mutating func delete<each Parameter: PathParameter>(
        _ pattern: String,
        _ handler: @escaping @Sendable (Request, Context, repeat each Parameter) async throws -> Response
    ) {
        on(.delete, pattern, handler)
    }

    /// The handler takes as many parameters as the pattern has; a pattern may be given once for a method. Both are
    /// programming errors otherwise.
    public mutating func on<each Parameter: PathParameter>(
        _ method: Method,
        _ pattern: String,
        _ handler: @escaping @Sendable (Request, Context, repeat each Parameter) async throws -> Response
    ) {
        let pattern = RoutePattern(pattern)
        var count = 0
        for _ in repeat (each Parameter).self { count += 1 }
        precondition(count == pattern.names.count, "\(pattern.text) and its handler differ in their parameters")
        tree.insert(method, pattern, route: routes.count)
        let names = pattern.names
        routes.append(
            Route(pattern: pattern) { request, context, values in
                var reader = ParameterReader(names: names, values: values)
                return try await handler(request, context, repeat try reader.next((each Parameter).self))
            }
        )
    }

    /// Every route's method and pattern, in the order they were added.
    public var patterns: [String] { tree.described(routes.map(\.pattern.text)) }

    /// Runs the handler of the request's route. `onError` decides what every error looks like: what the handler threw,
    /// and `RouteError`.
    public func respond(
        to request: Request,
        context: Context,
        onError: @Sendable (any Error, Request, Context) async -> Response
    ) async -> Response {
        let failure: any Error
        switch tree.match(request.method, request.rawPath) {
        case .found(let route, let values):
            request.route = routes[route].pattern.text
            do {
                return try await routes[route].handler(request, context, values)
            } catch {
                failure = error
            }
        case .notFound:
            failure = RouteError.notFound
        case .notAllowed(let allowed) where request.method == .options:
            return Response(.noContent, headers: ["Allow": Self.list(allowed)])
        case .notAllowed(let allowed):
            failure = RouteError.methodNotAllowed(allowed: allowed)
        }
        var response = await onError(failure, request, context)
        if case RouteError.methodNotAllowed(let allowed) = failure { response.headers.set("Allow", Self.list(allowed)) }
        return response
    }

    private static func list(_ methods: [Method]) -> String { methods.map(\.description).joined(separator: ", ") }
}

/// Turns a path's segments into a handler's parameters, one after the other.
private struct ParameterReader {
    let names: [String]
    let values: [String]
    var position = 0

    mutating func next<Parameter: PathParameter>(_: Parameter.Type) throws -> Parameter {
        defer { position += 1 }
        guard let parameter = Parameter(pathSegment: values[position]) else {
            throw RouteError.malformedParameter(name: names[position], value: values[position])
        }
        return parameter
    }
}
