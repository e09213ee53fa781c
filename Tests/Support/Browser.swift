import EventLoop
import Glibc
import HTTPClient
import JSON

/// A headless Chromium, driven through chromedriver over the W3C WebDriver protocol.
public final class Browser: @unchecked Sendable {
    // @unchecked: used by one test's task at a time.

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    /// An element of the page as it was when it was found.
    public struct Element: Sendable {
        let id: String
    }

    private static let elementKey = "element-6066-11e4-a52e-4f735466cecf"
    private let driver: ChildProcess
    private let client: HTTPClient
    public let loop: EventLoop
    private let address: String
    private var session = ""

    /// Starts a browser. `width` × `height` are CSS pixels.
    public static func start(
        on loop: EventLoop,
        javaScript: Bool = true,
        width: Int = 1280,
        height: Int = 900,
        light: Bool = false
    ) async throws -> Browser {
        let port = try freePort()
        let driver = try ChildProcess("chromedriver", ["--port=\(port)", "--log-level=WARNING"])
        let browser = Browser(driver: driver, port: port, loop: loop)
        try await browser.waitUntilReady()
        try await browser.open(javaScript: javaScript, width: width, height: height, light: light)
        return browser
    }

    private init(driver: ChildProcess, port: Int, loop: EventLoop) {
        self.driver = driver
        self.loop = loop
        client = HTTPClient(loops: [loop])
        address = "http://127.0.0.1:\(port)"
    }

    private func waitUntilReady() async throws {
        _ = try await eventually(within: .seconds(20), on: loop) {
            if let status = self.driver.exitStatus() {
                throw Failure(description: "chromedriver ended with \(status): \(self.driver.output)")
            }
            return try? await self.call("GET", "/status")
        }
    }

    private func open(javaScript: Bool, width: Int, height: Int, light: Bool) async throws {
        var arguments: [JSON] = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--disable-extensions", "--disable-background-networking",
            .string("--window-size=\(width),\(height)"),
        ]
        if !light { arguments.append("--force-dark-mode") }
        var options: JSONObject = ["args": .array(arguments)]
        if !javaScript { options["prefs"] = ["profile.managed_default_content_settings.javascript": 2] }
        let capabilities: JSON = [
            "capabilities": [
                "alwaysMatch": [
                    "browserName": "chrome",
                    "goog:chromeOptions": .object(options),
                    "goog:loggingPrefs": ["browser": "ALL"],
                ]
            ]
        ]
        let answer = try await call("POST", "/session", capabilities)
        guard let id = answer["sessionId"]?.string else { throw Failure(description: "no session: \(answer)") }
        session = id
        // A window's outer size is not its page's: phones need the page itself to be so wide.
        try await command(
            "Emulation.setDeviceMetricsOverride",
            ["width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1, "mobile": false]
        )
        try await command(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": light ? "light" : "dark"]]]
        )
    }

    /// A command of the DevTools protocol.
    public func command(_ name: String, _ parameters: JSON) async throws {
        _ = try await inSession("POST", "/goog/cdp/execute", ["cmd": .string(name), "params": parameters])
    }

    public func go(to url: String) async throws {
        _ = try await inSession("POST", "/url", ["url": .string(url)])
    }

    public func url() async throws -> String { try await inSession("GET", "/url").string ?? "" }
    public func title() async throws -> String { try await inSession("GET", "/title").string ?? "" }
    public func source() async throws -> String { try await inSession("GET", "/source").string ?? "" }
    public func back() async throws { _ = try await inSession("POST", "/back", [:]) }
    public func reload() async throws { _ = try await inSession("POST", "/refresh", [:]) }

    /// All elements that a CSS selector finds now.
    public func all(_ selector: String) async throws -> [Element] {
        let found = try await inSession(
            "POST",
            "/elements",
            ["using": "css selector", "value": .string(selector)]
        )
        return (found.array ?? []).compactMap { $0[Self.elementKey]?.string.map { Element(id: $0) } }
    }

    /// The first element that a CSS selector finds, waiting until there is one.
    public func find(_ selector: String, within limit: Duration = .seconds(15)) async throws -> Element {
        do {
            return try await eventually(within: limit, on: loop) { try await self.all(selector).first }
        } catch is TimeoutError {
            throw Failure(description: "no \(selector) on \(try await url()) within \(limit)")
        }
    }

    public func text(of element: Element) async throws -> String {
        try await inSession("GET", "/element/\(element.id)/text").string ?? ""
    }

    public func attribute(_ name: String, of element: Element) async throws -> String? {
        try await inSession("GET", "/element/\(element.id)/attribute/\(name)").string
    }

    public func property(_ name: String, of element: Element) async throws -> JSON {
        try await inSession("GET", "/element/\(element.id)/property/\(name)")
    }

    public func isDisplayed(_ element: Element) async throws -> Bool {
        try await inSession("GET", "/element/\(element.id)/displayed").bool ?? false
    }

    /// Clicks on it; when a bar that stays where it is covers it, after scrolling it out from there, as people do.
    public func click(_ element: Element) async throws {
        do {
            _ = try await inSession("POST", "/element/\(element.id)/click", [:])
        } catch let failure as Failure {
            guard failure.description.contains("click intercepted") else { throw failure }
            _ = try await run("arguments[0].scrollIntoView({block: 'center'})", on: element)
            _ = try await inSession("POST", "/element/\(element.id)/click", [:])
        }
    }

    public func clear(_ element: Element) async throws {
        _ = try await inSession("POST", "/element/\(element.id)/clear", [:])
    }

    public func type(_ text: String, into element: Element) async throws {
        _ = try await inSession("POST", "/element/\(element.id)/value", ["text": .string(text)])
    }

    /// Presses keys one after the other, wherever the focus is.
    public func press(_ keys: String) async throws {
        let strokes: [JSON] = keys.flatMap { key -> [JSON] in
            [["type": "keyDown", "value": .string(String(key))], ["type": "keyUp", "value": .string(String(key))]]
        }
        let source: JSON = ["type": "key", "id": "keyboard", "actions": .array(strokes)]
        _ = try await inSession("POST", "/actions", ["actions": [source]])
    }

    /// Goes into a frame, or back to the page with `nil`.
    public func enter(frame: Element?) async throws {
        let id: JSON = frame.map { [Self.elementKey: .string($0.id)] } ?? .null
        _ = try await inSession("POST", "/frame", ["id": id])
    }

    /// What a script returns that the driver runs, also where pages may run none; `element` is its first argument.
    public func run(_ script: String, on element: Element? = nil) async throws -> JSON {
        let arguments: [JSON] = element.map { [[Self.elementKey: .string($0.id)]] } ?? []
        return try await inSession("POST", "/execute/sync", ["script": .string(script), "args": .array(arguments)])
    }

    /// The page as PNG, at the size of the window.
    public func screenshot() async throws -> [UInt8] {
        let text = try await inSession("GET", "/screenshot").string ?? ""
        return decodeBase64(text)
    }

    /// What the console has said since the last call: errors, refusals of the content security policy, warnings.
    public func consoleMessages() async throws -> [String] {
        let entries = try await inSession("POST", "/se/log", ["type": "browser"])
        return (entries.array ?? []).compactMap { $0["message"]?.string }
    }

    public func close() async {
        if !session.isEmpty { _ = try? await call("DELETE", "/session/\(session)") }
        driver.kill(SIGTERM)
    }

    private func inSession(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        try await call(method, "/session/\(session)\(path)", body)
    }

    @discardableResult
    private func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        var request = ClientRequest(method, address + path, network: .unrestricted)
        request.timeout = .seconds(60)
        request.stallTimeout = .seconds(60)
        request.maximumResponseBytes = 64 << 20
        if let body {
            request.headers.append(("Content-Type", "application/json; charset=utf-8"))
            request.body = body.serialized()
        }
        let response = try await client.send(request)
        let answer = try JSON(parsing: response.body)
        guard response.status == 200 else {
            throw Failure(description: "\(method) \(path): \(answer["value"]?["message"]?.string ?? answer.text)")
        }
        return answer["value"] ?? .null
    }
}

/// A TCP port that nothing listens on.
public func freePort() throws(SystemError) -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw SystemError("socket") }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
        }
    }
    guard bound else { throw SystemError("bind") }
    return Int(UInt16(bigEndian: address.sin_port))
}

/// Base64 of RFC 4648; characters outside its alphabet are skipped.
private func decodeBase64(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for character in text.utf8 {
        let value: UInt8
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        default: continue
        }
        bits = bits << 6 | UInt32(value)
        count += 1
        if count == 4 {
            bytes += [
                UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8),
                UInt8(truncatingIfNeeded: bits),
            ]
            (bits, count) = (0, 0)
        }
    }
    if count == 3 { bytes += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)] }
    if count == 2 { bytes.append(UInt8(truncatingIfNeeded: bits >> 4)) }
    return bytes
}
