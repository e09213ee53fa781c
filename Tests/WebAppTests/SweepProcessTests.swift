import Glibc
import JSON
import Testing

@testable import WebApp

@Suite("Sweeping, in processes of its own")
struct SweepProcessTests {
    @Test func `happens by itself, and when it is asked for`() async throws {
        try await withProgram(["ATELIER_SWEEP_INTERVAL": "2", "ATELIER_SWEEP_GRACE": "0"]) { program async throws in
            try await program.start()
            let id = try await program.generate(#"{"width":64,"height":64}"#)
            let path = try #require(try await program.wait(for: id, status: "completed")["media_path"]?.string)
            let orphan = "\(String(repeating: "0", count: 64)).png"
            program.scatter(1)
            try await program.wait { program.scattered.isEmpty }
            try await program.wait { program.log.contains(#""message":"swept the stored files","removed":1,"#) }
            #expect(await program.end(SIGTERM) == 0)

            program.scatter(1)
            let planned = try await program.output(of: ["sweep", "--dry-run"])
            #expect(planned == "would remove \(orphan), 0 bytes\nwould remove 1 file of 0 bytes, would keep 1\n")
            let done = try await program.output(of: ["sweep"])
            #expect(done == "removed \(orphan), 0 bytes\nremoved 1 file of 0 bytes, kept 1\n")
            let away = try await program.output(of: ["sweep"], ["DATABASE_URL": "postgresql:///x?host=/tmp/none"])
            #expect(
                away.hasPrefix("atelier: nothing more was removed, because the database cannot be asked"),
                "\(away)"
            )

            try await program.start()
            #expect(try await program.get("/images/\(path)").status == 200)
        }
    }

    @Test func `loses nothing that is named, and leaves nothing aside, however often it is killed`() async throws {
        try await withProgram(["ATELIER_SWEEP_GRACE": "0"]) { program async throws in
            try await program.start()
            var paths: [String] = []
            for seed in 1...4 {
                let id = try await program.generate(#"{"width":64,"height":64,"seed":\#(seed)}"#)
                paths.append(try #require(try await program.wait(for: id, status: "completed")["media_path"]?.string))
            }
            #expect(await program.end(SIGTERM) == 0)
            program.scatter(3000)
            var kills = 0
            while program.scattered.count > 500 {
                let before = program.scattered.count
                try program.begin(["sweep"])
                try await program.wait { program.scattered.count < before || program.hasEnded }
                if await program.end(SIGKILL) == 128 + SIGKILL { kills += 1 }
            }
            #expect(kills > 0)
            _ = try await program.output(of: ["sweep"])
            #expect(program.scattered.isEmpty)

            try await program.start()
            for path in paths { #expect(try await program.get("/images/\(path)").status == 200) }
        }
    }
}

extension Program {
    private var scatterFolder: String { "\(folder)/storage/00" }

    /// Files that nobody names.
    fileprivate func scatter(_ count: Int) {
        mkdir(scatterFolder, 0o755)
        for number in 0..<count {
            let digits = String(number, radix: 16)
            let name = String(repeating: "0", count: 64 - digits.count) + digits + ".png"
            close(open("\(scatterFolder)/\(name)", O_CREAT | O_WRONLY, 0o600))
        }
    }

    /// What is left of them, set aside or not.
    fileprivate var scattered: [String] {
        names(in: scatterFolder).filter { $0.contains(String(repeating: "0", count: 50)) }
    }
}
