import EventLoop
import HTTPClient
import Jobs
import Media

/// Fetches the files that a model's output names: from the public internet only, without any token.
struct OutputFiles: Sendable {
    /// Of one output; further ones are not fetched.
    static let most = 16
    /// In bytes.
    static let largest = 64 << 20
    static let mostRedirects = 3

    let http: HTTPClient
    let blobs: BlobStore
    let network: NetworkPolicy

    /// An unchecked file, in memory while it is small.
    func fetch(_ url: String) async throws(JobError) -> TemporaryFile {
        if url.hasPrefix("data:") { return try decode(url) }
        var target = url
        for _ in 0...Self.mostRedirects {
            let file = try emptyFile()
            // Every hop is checked by the network policy as the first one was.
            var request = ClientRequest("GET", target, network: network)
            request.timeout = .seconds(120)
            let response = try await download(request, to: file)
            switch response.status {
            case 200...299:
                return file
            case 301, 302, 303, 307, 308:
                guard let next = response.headers["location"].flatMap({ URLReference.resolve($0, against: target) })
                else { throw .transient("The picture’s address leads nowhere") }
                target = next
            case 403, 404, 410:
                // Files are removed an hour after the prediction; sooner, the network behind them may lag.
                throw .transient("The picture is not at its address (status \(response.status))")
            default:
                throw JobError(
                    "The picture cannot be fetched (status \(response.status))",
                    isTransient: true,
                    usesRetry: response.status != 429
                )
            }
        }
        throw .transient("The picture’s address redirects too often")
    }

    private func download(_ request: ClientRequest, to file: TemporaryFile) async throws(JobError) -> ClientResponse {
        do {
            return try await http.download(request, limit: Self.largest) { try file.write($0) }
        } catch {
            throw Self.failure(error)
        }
    }

    private static func failure(_ error: HTTPClientError) -> JobError {
        switch error.code {
        case .tooLarge: .permanent("The picture is larger than \(largest >> 20) MB")
        case .sink: .transient("The picture cannot be kept: \(error.message)")
        case .refusedByPolicy, .badURL: .permanent("The picture’s address is not allowed: \(error.message)")
        default: .transient("The picture cannot be fetched: \(error.message)")
        }
    }

    /// `data:image/png;base64,…`
    private func decode(_ url: String) throws(JobError) -> TemporaryFile {
        guard let comma = url.firstIndex(of: ","), url[..<comma].hasSuffix(";base64"),
            let bytes = Base64.decode(url[url.index(after: comma)...].utf8), bytes.count <= Self.largest
        else { throw .permanent("The model’s output is no picture that can be read") }
        let file = try emptyFile()
        do {
            try file.write(bytes)
        } catch {
            throw JobError(keepingFailed: error)
        }
        return file
    }

    private func emptyFile() throws(JobError) -> TemporaryFile {
        do {
            return try blobs.smallFile()
        } catch {
            throw JobError(keepingFailed: error)
        }
    }
}
