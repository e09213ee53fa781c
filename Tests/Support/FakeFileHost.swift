import Synchronization

// The host of the output files: it knows nothing of tokens, and says what it got.
extension FakeReplicate {
    func serveFiles(_ connection: SocketConnection) {
        while let request = connection.readRequest() {
            state.withLock { $0.fileRequests.append(request) }
            guard sendFile(request, on: connection) else { return }
        }
    }

    /// `false` ends the connection.
    private func sendFile(_ request: RawRequest, on connection: SocketConnection) -> Bool {
        let path = request.path.split(separator: "/").map(String.init)
        let found = state.withLock { state -> (PredictionScript, [UInt8], Int)? in
            guard path.count >= 3, let index = state.place(of: path[1]),
                !state.predictions[index].isExpired,
                let number = Int(path[2].dropFirst("out-".count).prefix { $0.isNumber }),
                state.predictions[index].script.files.indices.contains(number)
            else { return nil }
            state.predictions[index].fileRequests += 1
            let script = state.predictions[index].script
            return (script, script.files[number], state.predictions[index].fileRequests)
        }
        guard let (script, bytes, turn) = found else {
            return connection.send(FakeResponse(404, type: "text/plain", body: Array("Not Found".utf8)).bytes(.plain))
        }
        let whole = FakeResponse(200, type: "image/png", body: bytes)
        func redirect(_ url: String) -> Bool {
            let response = FakeResponse(302, type: "text/html", body: [], headers: [("location", url)])
            return connection.send(response.bytes(.plain))
        }
        func refuse(_ status: Int) -> Bool {
            connection.send(FakeResponse(status, type: "text/plain", body: Array("no".utf8)).bytes(.plain))
        }
        var behaviour = script.fileHost
        if case .first(let times, let other) = behaviour { behaviour = turn <= times ? other : .honest }
        switch behaviour {
        case .honest, .first: return connection.send(whole.bytes(.plain))
        case .redirect:
            let isMoved = path.last == "moved"
            return isMoved ? connection.send(whole.bytes(.plain)) : redirect("\(request.path)/moved")
        case .redirectTo(let url): return redirect(url)
        case .redirectForEver: return redirect(request.path)
        case .truncated, .stalled:
            connection.send(whole.bytes(.plain, head: true) + bytes.prefix(bytes.count / 2))
            if case .stalled = behaviour { connection.waitUntilClosed() }
            return false
        case .empty: return connection.send(FakeResponse(200, type: "image/png", body: []).bytes(.plain))
        case .notFound: return refuse(404)
        case .forbidden: return refuse(403)
        case .huge(let count):
            connection.send("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: \(count)\r\n\r\n")
            let piece = [UInt8](repeating: 0xA5, count: 65536)
            var left = count
            while left > 0, connection.send(Array(piece.prefix(left))) { left -= min(left, piece.count) }
            return left == 0
        case .wrongContentType(let type):
            return connection.send(FakeResponse(200, type: type, body: bytes).bytes(.plain))
        case .unavailable(let times): return turn <= times ? refuse(503) : connection.send(whole.bytes(.plain))
        }
    }
}
