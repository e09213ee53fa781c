import CCurl
import EventLoop
import Glibc

/// One exchange: libcurl's easy handle, what it has received so far, and the rules it must keep.
///
/// Confined to its loop. libcurl holds it unretained: it outlives its stay in the multi handle.
final class Transfer {
    enum Destination {
        case memory
        /// The body of a 2xx answer is handed on; any other is kept as a message to read.
        case sink((UnsafeRawBufferPointer) throws -> Void, limit: Int)
    }

    /// No server gives up a connection so soon.
    private static let idleLimitOfUnrepeatable = Duration.seconds(1)

    let easy: UnsafeMutableRawPointer
    let outcome: Promise<Void>
    /// Set at the first moment the request may have left.
    private(set) var mayHaveBeenSent = false

    private let loop: EventLoop
    private let address: WebAddress
    private let isGuarded: Bool
    private let isRepeatable: Bool
    private let limit: Int
    private let destination: Destination
    private let stallTimeout: Duration
    /// libcurl reads it in place.
    private let requestBody: UnsafeMutableRawBufferPointer
    private var requestHeaders: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var head = ResponseHead()
    private var body: [UInt8] = []
    private var bytesReceived = 0
    private var peer = ""
    /// Why one of the callbacks made libcurl stop.
    private var verdict: HTTPClientError?
    private var stall: StallDetector?

    init(_ request: ClientRequest, at address: WebAddress, to destination: Destination, by multi: CurlMulti)
        throws(HTTPClientError)
    {
        guard let easy = curl_easy_init() else { throw HTTPClientError(.busy, "no memory for a transfer") }
        self.easy = easy
        self.address = address
        self.destination = destination
        loop = multi.loop
        outcome = Promise(on: multi.loop)
        isGuarded = request.network.isGuarding(address)
        isRepeatable = request.isIdempotent
        limit = request.maximumResponseBytes
        stallTimeout = request.stallTimeout
        requestBody = .allocate(byteCount: request.body.count, alignment: 1)
        requestBody.copyBytes(from: request.body)
        errorText.pointee = 0
        set(CURLOPT_SHARE, multi.share)
        configureProtocol()
        configureRequest(request)
        configureCallbacks()
    }

    deinit {
        stall?.cancel()
        curl_easy_cleanup(easy)
        curl_slist_free_all(requestHeaders)
        requestBody.deallocate()
        errorText.deallocate()
    }

    /// The answer of a transfer that has ended well.
    func response() -> ClientResponse {
        ClientResponse(
            status: head.status,
            headers: head.headers,
            body: body,
            bytesReceived: bytesReceived,
            effectiveAddress: peer
        )
    }

    /// What libcurl made of it.
    func end(_ code: CURLcode) {
        stall?.cancel()
        if let verdict {
            outcome.fail(verdict)
        } else if code == CURLE_OK {
            outcome.succeed(())
        } else {
            outcome.fail(failure(code))
        }
    }

    // MARK: Setting up

    private func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(easy, option, value) }
    private func set(_ option: CURLoption, _ value: String) { _ = ccurl_set_string(easy, option, value) }
    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        _ = ccurl_set_pointer(easy, option, value)
    }

    /// Nothing happens that the caller did not ask for: no redirects, proxies, cookies, or settings from files.
    private func configureProtocol() {
        set(CURLOPT_CURLU, UnsafeMutableRawPointer(address.handle))
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_PROXY, "")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // Without it, giving up on a name lookup would block the loop until the resolver's thread has ended.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_ERRORBUFFER, errorText)
    }

    private func configureRequest(_ request: ClientRequest) {
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.wholeMilliseconds))
        set(CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) }
        if !request.body.isEmpty || !isRepeatable {
            set(CURLOPT_POST, 1)
            set(CURLOPT_CUSTOMREQUEST, request.method)
            _ = ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            // A null pointer would make libcurl ask for the body in another way.
            set(CURLOPT_POSTFIELDS, requestBody.baseAddress ?? UnsafeMutableRawPointer(errorText))
        }
        switch destination {
        case .memory: set(CURLOPT_ACCEPT_ENCODING, "gzip")
        case .sink: set(CURLOPT_BUFFERSIZE, 1 << 16)
        }
        // Neither a pause for "100 Continue" nor a content type that nobody gave.
        append(header: "Expect:")
        if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) { append(header: "Content-Type:") }
        for (name, value) in request.headers { append(header: value.isEmpty ? "\(name);" : "\(name): \(value)") }
        set(CURLOPT_HTTPHEADER, requestHeaders)
    }

    private func append(header: String) { requestHeaders = curl_slist_append(requestHeaders, header) }

    func apply(_ settings: ClientSettings) {
        set(CURLOPT_USERAGENT, settings.userAgent)
        // libcurl repeats a request by itself when a kept connection turns out to be dead. A server may have acted on it
        // even so: `mayBegin` refuses to send twice what must not happen twice. That leaves such a request without an
        // answer, so it goes by a connection that was in use a moment ago, or by a new one.
        let idleLimit = isRepeatable ? settings.idleConnectionLifetime : Self.idleLimitOfUnrepeatable
        set(CURLOPT_MAXAGE_CONN, idleLimit.wholeMilliseconds / 1000)
        if let file = settings.certificateFile { set(CURLOPT_CAINFO, file) }
    }

    private func configureCallbacks() {
        let myself = Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA,
        ] { set(option, myself) }
        _ = ccurl_set_socket_function(easy) { context, _, candidate in
            guard let context, let candidate else { return CURL_SOCKET_BAD }
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().openSocket(&candidate.pointee)
        }
        _ = ccurl_set_prerequest_function(easy) { context, peer, _, _, _ in
            guard let context, let peer else { return CURL_PREREQFUNC_ABORT }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.mayBegin(with: String(cString: peer)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        _ = ccurl_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            guard let context, let bytes else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        _ = ccurl_set_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            guard let context, let bytes else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
    }

    // MARK: Callbacks, in the order of a request

    /// The only place that sees the address really connected to, so a name that changes its answer cannot slip by.
    private func openSocket(_ candidate: inout curl_sockaddr) -> curl_socket_t {
        if isGuarded {
            let isPublic = withUnsafePointer(to: &candidate.addr) { IPAddress($0)?.isGloballyRoutable ?? false }
            guard isPublic, verdict == nil else {
                verdict = verdict ?? refusal()
                return CURL_SOCKET_BAD
            }
        }
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        return socket(candidate.family, candidate.socktype | flags, candidate.protocol)
    }

    /// Called when a connection, new or kept, is ready; the request goes out next.
    private func mayBegin(with address: String) -> Bool {
        guard verdict == nil else { return false }
        // A kept connection may have been opened under a laxer policy.
        if isGuarded, IPAddress(address)?.isGloballyRoutable != true {
            verdict = refusal()
            return false
        }
        if mayHaveBeenSent, !isRepeatable {
            verdict = HTTPClientError(.connectionLost, "the connection was lost", mayHaveBeenSent: true)
            return false
        }
        mayHaveBeenSent = true
        peer = address
        if stall == nil {
            stall = StallDetector(on: loop, limit: stallTimeout) { [unowned self] in
                bytesMoved
            } stalled: { [unowned self] in
                let message = "no byte from \(self.address.host) for \(stallTimeout)"
                outcome.fail(HTTPClientError(.stalled, message, mayHaveBeenSent: true))
            }
        }
        return true
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        // After the body come trailers, which nobody asked for.
        guard bytesReceived == 0 else { return true }
        if head.receive(line) { return true }
        verdict = HTTPClientError(.tooLarge, "headers beyond \(ResponseHead.maximumBytes) bytes", mayHaveBeenSent: true)
        return false
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytesReceived += bytes.count
        if case .sink(let sink, let limit) = destination, (200...299).contains(head.status) {
            return isWithin(limit) && hand(bytes, to: sink)
        }
        guard isWithin(limit) else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    private func isWithin(_ limit: Int) -> Bool {
        if bytesReceived <= limit { return true }
        verdict = HTTPClientError(.tooLarge, "more than \(limit) bytes from \(address.host)", mayHaveBeenSent: true)
        return false
    }

    private func hand(_ bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws -> Void) -> Bool {
        do {
            try sink(bytes)
            return true
        } catch {
            verdict = HTTPClientError(.sink, "\(error)", mayHaveBeenSent: true)
            return false
        }
    }

    private var bytesMoved: Int {
        var sent: curl_off_t = 0
        var received: curl_off_t = 0
        _ = ccurl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T, &sent)
        _ = ccurl_get_offset(easy, CURLINFO_SIZE_DOWNLOAD_T, &received)
        return Int(sent) + Int(received) + head.bytesReceived
    }

    // MARK: Failures

    private func refusal() -> HTTPClientError {
        HTTPClientError(.refusedByPolicy, "\(address.host) has an address that is not public")
    }

    private func failure(_ code: CURLcode) -> HTTPClientError {
        let detail = String(cString: errorText)
        let words = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        return HTTPClientError(
            HTTPClientError.Code(code, hasBegun: head.status != 0, wasSent: mayHaveBeenSent),
            "\(address.host): \(words)",
            mayHaveBeenSent: mayHaveBeenSent
        )
    }
}

extension Duration {
    var wholeMilliseconds: Int { Int(wholeNanoseconds / 1_000_000) }
}
