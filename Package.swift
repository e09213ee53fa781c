// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with the same, strict settings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Pixel loops are useless without the optimiser, so drawing is optimised in debug builds too.
let optimised: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A build tool runs for a second; not optimising it halves a clean release build.
let buildTool: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// Exclusivity is checked at run time in the tests and proven by them; the release build leaves it out, and may inline
/// from one target into another.
let measured: [SwiftSetting] =
    strict + [
        .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release))
    ]

let package = Package(
    name: "Atelier",
    products: [.executable(name: "atelier", targets: ["WebApp"])],
    targets: [
        // C libraries, as Debian ships them. Module maps and a few inline shims, no logic.
        .target(name: "CLinux"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CVips"),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

        // Leaves: each knows its own technique and nothing of the application.
        .target(name: "EventLoop", dependencies: ["CLinux"], swiftSettings: measured),
        .target(name: "JSON", swiftSettings: measured),
        .target(name: "Postgres", dependencies: ["EventLoop", "JSON", "CPostgres"], swiftSettings: measured),
        .target(name: "Redis", dependencies: ["EventLoop", "CHiredis"], swiftSettings: measured),
        .target(name: "HTTPClient", dependencies: ["EventLoop", "CCurl"], swiftSettings: measured),
        .target(name: "HTTPServer", dependencies: ["EventLoop", "CLinux", "CZlib"], swiftSettings: measured),
        .target(name: "Templates", swiftSettings: measured),
        .target(name: "Media", dependencies: ["CLinux", "CVips", "CSodium", "CZlib"], swiftSettings: measured),
        .target(name: "Zip", dependencies: ["CZlib"], swiftSettings: measured),
        .target(name: "Canvas", swiftSettings: optimised),

        // The template language: .html in, Swift out, at build time.
        // The tool is only its command line, because a test bundle cannot link a tool that its own build runs.
        .target(name: "TemplateCompiler", swiftSettings: buildTool),
        .executableTarget(name: "TemplateTool", dependencies: ["TemplateCompiler"], swiftSettings: buildTool),
        .plugin(name: "CompileTemplates", capability: .buildTool(), dependencies: ["TemplateTool"]),

        // The durable queue. It knows PostgreSQL and Redis, and nothing of pictures.
        .target(name: "Jobs", dependencies: ["EventLoop", "JSON", "Postgres", "Redis"], swiftSettings: measured),

        // The application: one folder a feature.
        .executableTarget(
            name: "WebApp",
            dependencies: [
                "EventLoop", "JSON", "Postgres", "Redis", "HTTPClient", "HTTPServer", "Templates", "Media", "Zip",
                "Canvas", "Jobs", "CSodium",
            ],
            swiftSettings: measured,
            plugins: ["CompileTemplates"]
        ),

        // Tests mirror the sources; Support holds the in-process site and the stand-ins for outside providers.
        .target(
            name: "Support",
            dependencies: ["EventLoop", "CLinux", "CZlib", "JSON", "Postgres", "Redis", "HTTPClient", "HTTPServer"],
            path: "Tests/Support",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "InstantProvider",
            dependencies: ["EventLoop", "JSON", "HTTPServer"],
            path: "Tests/InstantProvider",
            swiftSettings: measured
        ),
        .executableTarget(
            name: "QueueBench",
            dependencies: ["EventLoop", "JSON", "Postgres", "Redis", "Jobs"],
            path: "Tests/QueueBench",
            swiftSettings: measured
        ),
        .executableTarget(
            name: "LibraryBench",
            dependencies: ["EventLoop", "JSON", "Postgres", "HTTPClient"],
            path: "Tests/LibraryBench",
            exclude: ["seed.sql"],
            swiftSettings: measured
        ),
        // Kills everything, and looks whether anything was lost: script/chaos.
        .target(
            name: "ChaosCheck",
            dependencies: ["EventLoop", "JSON", "Postgres", "Support"],
            path: "Tests/ChaosCheck",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Chaos",
            dependencies: ["ChaosCheck", "EventLoop", "HTTPClient", "JSON", "Postgres", "Support"],
            path: "Tests/Chaos",
            swiftSettings: strict
        ),
        .testTarget(
            name: "ChaosTests",
            dependencies: ["ChaosCheck", "EventLoop", "Postgres", "Support"],
            swiftSettings: strict
        ),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "Support"], swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["EventLoop", "JSON", "Postgres", "Support"],
            swiftSettings: strict
        ),
        .testTarget(name: "RedisTests", dependencies: ["Redis", "Support"], swiftSettings: strict),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", "Support"], swiftSettings: strict),
        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "Support", "CZlib"], swiftSettings: strict),
        .testTarget(
            name: "TemplateTests",
            dependencies: ["Templates", "TemplateCompiler"],
            exclude: ["Golden"],
            swiftSettings: strict,
            plugins: ["CompileTemplates"]
        ),
        .testTarget(name: "MediaTests", dependencies: ["Media", "EventLoop", "CZlib"], swiftSettings: strict),
        .testTarget(name: "ZipTests", dependencies: ["Zip", "Support"], swiftSettings: strict),
        .testTarget(name: "CanvasTests", dependencies: ["Canvas"], swiftSettings: strict),
        .testTarget(name: "JobsTests", dependencies: ["Jobs", "Support"], swiftSettings: strict),
        .testTarget(
            name: "WebAppTests",
            dependencies: ["WebApp", "Support", "Templates", "Media", "CSodium"],
            swiftSettings: strict
        ),
    ]
)
