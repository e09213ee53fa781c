import EventLoop
import Glibc
import HTTPServer
import JSON

/// A stand-in for Replicate that has every picture ready at once, for the benchmark: `instant-provider PORT [DELAY_MS]`.
///
/// It speaks as much of the protocol as a quick model needs. The faulty one for the tests is `FakeReplicate`.
@main
struct InstantProvider {
    static func main() throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            print("usage: instant-provider PORT [DELAY_MS]")
            exit(2)
        }
        let delay = Duration.milliseconds(CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 0)
        let loop = try EventLoop()
        var routes = Routes<Provider>()
        routes.post("/v1/models/{owner}/{name}/predictions") { (request, provider, owner: String, name: String) in
            try await provider.create(request, owner, name)
        }
        routes.get("/files/{name}") { (_, provider, _: String) in provider.picture() }
        let provider = Provider(port: port, delay: delay, loop: loop)
        let server = HTTPServer(loops: [loop]) { [routes] request in
            await routes.respond(to: request, context: provider) { _, _, _ in Response(.notFound) }
        }
        loop.spawn {
            do {
                try server.start(host: "127.0.0.1", port: port)
            } catch {
                print(error)
                exit(1)
            }
        }
        loop.run()
    }
}

private struct Provider: Sendable {
    let port: Int
    let delay: Duration
    let loop: EventLoop

    func create(_ request: Request, _ owner: String, _ name: String) async throws -> Response {
        let body = try JSON(parsing: try await request.body(limit: 1 << 20))
        if delay > .zero { try await loop.sleep(for: delay) }
        let id = request.id.filter { $0.isLetter || $0.isNumber }
        let prediction: JSON = [
            "id": .string(id), "model": .string("\(owner)/\(name)"), "version": "hidden",
            "input": body["input"] ?? .null,
            "output": [.string("http://127.0.0.1:\(port)/files/\(id).png")], "status": "succeeded", "error": .null,
            "logs": "", "data_removed": false, "metrics": ["predict_time": 0],
        ]
        return .json(prediction.serialized(), status: .created)
    }

    func picture() -> Response {
        Response(.ok, headers: ["Content-Type": "image/png"], body: .bytes(Self.png))
    }

    /// A grey pixel.
    private static let png: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
        0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3A, 0x7E, 0x9B, 0x55, 0x00, 0x00, 0x00,
        0x0A, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0xDA, 0x45, 0x08,
        0x3B, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
    ]
}
