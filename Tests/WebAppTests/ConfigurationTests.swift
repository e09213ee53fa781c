import HTTPServer
import JSON
import Testing

@testable import WebApp

@Suite("Configuration")
struct ConfigurationTests {
    @Test func `nothing set is a working configuration`() throws {
        let configuration = try Configuration([:])
        #expect(configuration.port == 8080)
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.apiPrefix == "/api/v1")
        #expect(configuration.maxRetries == 3)
        #expect(configuration.replicateToken == nil)
    }

    @Test func `empty values count as not set`() throws {
        #expect(try Configuration(["PORT": "", "DATABASE_URL": ""]).port == 8080)
    }

    @Test func `one message names every bad variable`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration([
                "PORT": "http", "MAX_RETRIES": "-1", "DEBUG": "perhaps", "DATABASE_URL": "mysql://x",
                "RETRY_BACKOFF_BASE": "0", "API_V1_PREFIX": "api/", "REDIS_URL": "http://x", "PROJECT_NAME": "Fine",
            ])
        }
        let message = error.map { "\($0)" } ?? ""
        for name in [
            "PORT", "MAX_RETRIES", "DEBUG", "DATABASE_URL", "RETRY_BACKOFF_BASE", "API_V1_PREFIX", "REDIS_URL",
        ] {
            #expect(message.contains(name))
        }
        #expect(!message.contains("PROJECT_NAME"))
    }

    @Test func `files that nobody names are kept for longer than any attempt takes`() throws {
        #expect(try Configuration([:]).sweepGrace == .seconds(1800))
        #expect(try Configuration(["ATELIER_JOB_TIME_LIMIT": "7200"]).sweepGrace == .seconds(8400))
        #expect(try Configuration(["ATELIER_SWEEP_GRACE": "60"]).sweepGrace == .seconds(60))
    }

    @Test func `a price that cannot be read is named among the bad variables`() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(["REPLICATE_PRICES": "acme/painter=cheap", "PORT": "http"])
        }
        #expect(
            error?.problems == [
                "REPLICATE_PRICES has the entry “acme/painter=cheap”, which is none like"
                    + " owner/name=0.003/picture, owner/other=0.000725/second",
                "PORT must be a whole number from 0 to 65535, not “http”",
            ]
        )
    }

    @Test func `secrets do not print`() throws {
        let configuration = try Configuration(["REPLICATE_API_TOKEN": "r8_verysecret"])
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect("\(configuration)\(configuration.replicateToken as Any)".contains("verysecret") == false)
        #expect(configuration.replicateToken?.revealed == "r8_verysecret")
    }

    @Test func `the file beneath the environment takes comments, quotes and export`() throws {
        let text = """
            # a comment
            PORT=9000 # another
            export PROJECT_NAME="My # studio"
            DEBUG='true'

            EMPTY=
            """
        let values = try EnvironmentFile.parse(text, path: ".env")
        #expect(values == ["PORT": "9000", "PROJECT_NAME": "My # studio", "DEBUG": "true", "EMPTY": ""])
    }

    @Test func `a line that is no setting is named`() {
        let error = #expect(throws: ConfigurationError.self) {
            try EnvironmentFile.parse("PORT=1\nwhat\n=x", path: ".env")
        }
        #expect(error?.problems == [".env:2: expected NAME=value", ".env:3: expected NAME=value"])
    }
}

@Suite("Command line")
struct CommandTests {
    @Test(arguments: [
        (["serve"], Command.serve(withWorker: false)),
        (["serve", "--with-worker"], .serve(withWorker: true)),
        (["work"], .work),
        (["migrate", "up"], .migrate(.up)),
        (["migrate", "down"], .migrate(.down(1))),
        (["migrate", "down", "3"], .migrate(.down(3))),
        (["migrate", "new", "add_tags"], .migrate(.new("add_tags"))),
        (["health"], .health),
        (["sweep"], .sweep(isDry: false)),
        (["sweep", "--dry-run"], .sweep(isDry: true)),
        (["--version"], .version),
        ([], .help(Command.usage)),
        (["serve", "--help"], .help(Command.usage)),
    ])
    func `words become commands`(words: [String], command: Command) throws {
        #expect(try Command(words) == command)
    }

    @Test(arguments: [
        ["fly"], ["serve", "fast"], ["migrate"], ["migrate", "sideways"], ["migrate", "down", "x"], ["migrate", "new"],
        ["migrate", "up", "now"], ["sweep", "now"],
    ])
    func `what is not understood is said`(words: [String]) {
        #expect(throws: UsageError.self) { try Command(words) }
    }
}

@Suite("Who is answered")
struct SecurityTests {
    @Test func `every answer carries the headers`() async throws {
        try await withSite { site async throws in
            for target in [
                "/", "/history", "/architecture", "/nowhere", "/api/v1/jobs", "/api/v1/nowhere", "/assets/style.css",
            ] {
                let answer = try await site.get(target)
                let policy = answer.headers["content-security-policy"] ?? ""
                #expect(policy.contains("default-src 'none'"), "\(target)")
                #expect(!policy.contains("unsafe"))
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["referrer-policy"] == "same-origin")
                #expect(answer.headers["cross-origin-opener-policy"] == "same-origin")
                #expect(answer.headers["cross-origin-resource-policy"] == "same-origin")
                #expect(answer.headers["x-request-id"]?.isEmpty == false)
            }
        }
    }

    @Test func `no page has inline script or style`() async throws {
        try await withSite { site async throws in
            _ = try await site.generate("x")
            for target in ["/", "/history", "/architecture", "/nowhere", "/recent"] {
                let page = try await site.get(target).text
                #expect(page.firstMatch(of: /<script(?![^>]*src=)/) == nil)
                #expect(page.firstMatch(of: /\sstyle=|<style|\son[a-z]+=/) == nil)
            }
        }
    }

    @Test func `a foreign name that resolves here is not answered`() async throws {
        try await withSite { site async throws in
            for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example:80"] {
                #expect(try await site.get("/", headers: [("Host", host)]).status == 421, "\(host)")
            }
            for host in ["localhost", "localhost:8080", "127.0.0.1:9", "[::1]", "[::1]:8080", "LOCALHOST"] {
                #expect(try await site.get("/", headers: [("Host", host)]).status == 200, "\(host)")
            }
        }
        try await withSite(["ATELIER_HOSTS": "studio.example"]) { site async throws in
            #expect(try await site.get("/", headers: [("Host", "studio.example")]).status == 200)
            #expect(try await site.get("/", headers: [("Host", "127.0.0.1:8080")]).status == 200)
            #expect(try await site.get("/", headers: [("Host", "evil.example")]).status == 421)
        }
    }

    @Test(
        arguments: [
            ("same-origin", nil, 202), ("none", nil, 202), ("cross-site", nil, 403), ("same-site", nil, 403),
            (nil, "http://localhost", 202), (nil, "http://evil.example", 403), (nil, "null", 403), (nil, nil, 202),
        ] as [(String?, String?, Int)]
    )
    func `what another site has a browser send is refused`(site fetchSite: String?, origin: String?, status: Int)
        async throws
    {
        try await withSite { site async throws in
            var headers = [("Content-Type", "application/json")]
            if let fetchSite { headers.append(("Sec-Fetch-Site", fetchSite)) }
            if let origin { headers.append(("Origin", origin)) }
            let body = Array(#"{"prompt":"x","model":"atelier/canvas"}"#.utf8)
            let answer = try await site.send(.init(.post, "/api/v1/generate", headers: headers, body: body))
            #expect(answer.status == status)
        }
    }
}
