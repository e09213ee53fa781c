import CCurl
import EventLoop

/// libcurl's multi interface driven by one loop: libcurl says which sockets and when, the loop watches and wakes.
///
/// Confined to its loop once the first transfer has started.
final class CurlMulti: @unchecked Sendable {
    // @unchecked: used on `loop` only; `HTTPClient` picks the multi of the loop it is called on.
    let loop: EventLoop
    /// TLS sessions, so that a fresh connection to a known host is a short handshake.
    let share: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let maximumTransfers: Int
    private var watches: [curl_socket_t: Watch] = [:]
    private var timer: LoopTimer?
    private var transferCount = 0

    init(loop: EventLoop, settings: ClientSettings) {
        // Thread-safe and done once; fails only without memory.
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init(),
            let share = curl_share_init()
        else { preconditionFailure("libcurl does not start") }
        self.loop = loop
        self.multi = multi
        self.share = share
        maximumTransfers = settings.maximumRequests
        _ = ccurl_share_tls_sessions(share)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maximumConnections)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.maximumConnections)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.maximumConnectionsPerHost)
        let myself = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, myself)
        _ = ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, myself)
        _ = ccurl_multi_set_socket_function(multi) { _, descriptor, interest, context, _ in
            if let context {
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(descriptor, for: interest)
            }
            return 0
        }
        _ = ccurl_multi_set_timer_function(multi) { _, milliseconds, context in
            if let context {
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().wake(after: milliseconds)
            }
            return 0
        }
    }

    deinit {
        curl_multi_cleanup(multi)
        curl_share_cleanup(share)
    }

    /// Begins the transfer, which must then be handed to `remove` once, whatever its outcome.
    func add(_ transfer: Transfer) throws(HTTPClientError) {
        loop.preconditionIsCurrent()
        guard transferCount < maximumTransfers else {
            throw HTTPClientError(.busy, "\(transferCount) requests at once")
        }
        let failure = curl_multi_add_handle(multi, transfer.easy)
        guard failure == CURLM_OK else {
            throw HTTPClientError(.busy, String(cString: curl_multi_strerror(failure)))
        }
        transferCount += 1
    }

    /// Ends the transfer, in the middle too. Not from one of libcurl's callbacks.
    func remove(_ transfer: Transfer) {
        loop.preconditionIsCurrent()
        curl_multi_remove_handle(multi, transfer.easy)
        transferCount -= 1
    }

    /// Lets go of the loop; no transfer may be under way.
    func close() {
        timer?.cancel()
        timer = nil
        for watch in watches.values { watch.cancel() }
        watches = [:]
    }

    // MARK: What libcurl asks for

    private func watch(_ descriptor: curl_socket_t, for interest: CInt) {
        let events: IOEvents
        switch interest {
        case CURL_POLL_IN: events = .read
        case CURL_POLL_OUT: events = .write
        case CURL_POLL_INOUT: events = [.read, .write]
        case CURL_POLL_REMOVE:
            watches.removeValue(forKey: descriptor)?.cancel()
            return
        default: return
        }
        if let watch = watches[descriptor] {
            watch.interest = events
        } else {
            // Without a watch the transfer ends at its timeout.
            watches[descriptor] = try? loop.watch(descriptor, for: events) { [unowned self] ready in
                var mask: CInt = 0
                if !ready.isDisjoint(with: [.read, .hangUp, .peerClosed]) { mask |= CURL_CSELECT_IN }
                if ready.contains(.write) { mask |= CURL_CSELECT_OUT }
                if ready.contains(.error) { mask |= CURL_CSELECT_ERR }
                act(on: descriptor, mask)
            }
        }
    }

    private func wake(after milliseconds: Int) {
        timer?.cancel()
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, 0) }
    }

    private func act(on descriptor: curl_socket_t, _ mask: CInt) {
        var running: CInt = 0
        curl_multi_socket_action(multi, descriptor, mask, &running)
        var waiting: CInt = 0
        while let message = curl_multi_info_read(multi, &waiting) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            var context: UnsafeMutableRawPointer?
            _ = ccurl_get_pointer(message.pointee.easy_handle, &context)
            guard let context else { continue }
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().end(ccurl_message_result(message))
        }
    }
}
