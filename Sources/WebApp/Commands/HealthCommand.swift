import EventLoop
import HTTPClient

/// `atelier health`: for container checks and scripts, which have no curl.
struct HealthCommand {
    let configuration: Configuration

    func run() throws {
        let host = configuration.host == "0.0.0.0" || configuration.host == "::" ? "127.0.0.1" : configuration.host
        let address = "http://\(host.contains(":") ? "[\(host)]" : host):\(configuration.port)"
        try onLoop { loop in
            let client = HTTPClient(loops: [loop], settings: ClientSettings())
            var request = ClientRequest("GET", "\(address)\(configuration.apiPrefix)/health", network: .unrestricted)
            request.timeout = .seconds(5)
            let response: ClientResponse
            do {
                response = try await client.send(request)
            } catch let error as HTTPClientError {
                throw OperatorError("nothing answers on \(address): \(error.message)")
            }
            print(String(decoding: response.body, as: UTF8.self))
            guard response.status == 200 else { throw OperatorError("the server on \(address) cannot serve") }
        }
    }
}
