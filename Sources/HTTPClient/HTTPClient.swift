import EventLoop

/// HTTP/1.1 over libcurl, on the event loop of the calling task: connections are kept and shared by the requests of
/// a loop.
///
/// A redirect is an answer like any other. Neither proxies nor credentials come from the environment.
public final class HTTPClient: Sendable {
    private let multis: [CurlMulti]
    private let settings: ClientSettings

    /// Usable from tasks that run on one of `loops`.
    public init(loops: [EventLoop], settings: ClientSettings = ClientSettings()) {
        multis = loops.map { CurlMulti(loop: $0, settings: settings) }
        self.settings = settings
    }

    deinit {
        for multi in multis {
            if multi.loop.isCurrent { multi.close() } else { multi.loop.execute { multi.close() } }
        }
    }

    /// The whole answer, kept in memory. Cancelling the task ends the transfer at once.
    public func send(_ request: ClientRequest) async throws(HTTPClientError) -> ClientResponse {
        try await perform(request, to: .memory)
    }

    /// Hands the body of a 2xx answer to `sink` as it comes, at most `limit` bytes; any other body is in the response.
    ///
    /// `sink` is called on the loop. What it throws ends the transfer with the code `.sink`.
    public func download(
        _ request: ClientRequest,
        limit: Int,
        to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws(HTTPClientError) -> ClientResponse {
        try await perform(request, to: .sink(sink, limit: limit))
    }

    private func perform(
        _ request: ClientRequest,
        to destination: Transfer.Destination
    ) async throws(HTTPClientError) -> ClientResponse {
        guard let multi = multis.first(where: { $0.loop.isCurrent }) else {
            preconditionFailure("an HTTP client is used on the loops it was made for")
        }
        if Task.isCancelled { throw HTTPClientError(.cancelled, "cancelled before it began") }
        try request.check()
        let address = try WebAddress(request.url)
        try request.network.check(address)
        let transfer = try Transfer(request, at: address, to: destination, by: multi)
        transfer.apply(settings)
        try multi.add(transfer)
        defer { multi.remove(transfer) }
        do {
            try await transfer.outcome.value(within: request.timeout)
            return transfer.response()
        } catch let error as HTTPClientError {
            throw error
        } catch is TimeoutError {
            let message = "no whole answer from \(address.host) within \(request.timeout)"
            throw HTTPClientError(.timeout, message, mayHaveBeenSent: transfer.mayHaveBeenSent)
        } catch {
            throw HTTPClientError(.cancelled, "cancelled", mayHaveBeenSent: transfer.mayHaveBeenSent)
        }
    }
}
