import CSodium
import JSON
import Jobs
import Postgres

/// What a request with a key led to.
enum KeyedOutcome: Sendable, Hashable {
    case stored
    /// The same request was answered with this job before.
    case known(JobID)
    /// The key stands for another request.
    case mismatch
    /// The same key is just being stored, here or by another process.
    case inFlight
}

extension Database {
    /// Stores a job under a client's key, unless that stands for one already.
    ///
    /// The key is stored in the transaction of its job, so that either both are there or none. Whether it is there, its
    /// unique index decides: the insert sees what was committed since the transaction began, and waits for what is about
    /// to be. The lock only spares others that wait; they are told to come again.
    func storeOnce(
        _ key: IdempotencyKey,
        of owner: String,
        for request: GenerationRequest,
        as job: JobID,
        _ store: (Transaction) async throws -> Void
    ) async throws -> KeyedOutcome {
        let fingerprint = request.fingerprint
        return try await transaction { transaction in
            guard try await transaction.holdsLock(of: key, of: owner) else { return .inFlight }
            if try await transaction.insert(key, of: owner, fingerprint, job) {
                try await store(transaction)
                return .stored
            }
            guard let known = try await transaction.request(of: key, of: owner) else { return .inFlight }
            return known.fingerprint == fingerprint ? .known(known.job) : .mismatch
        }
    }
}

extension Transaction {
    /// Until the transaction ends, no other holds the same.
    fileprivate func holdsLock(of key: IdempotencyKey, of owner: String) async throws(PostgresError) -> Bool {
        try await execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(\(owner) || ' ' || \(key.text), 20261121))"
        ).one { (isMine: Bool) in isMine } ?? false
    }

    /// `false` when it is there already and has not expired.
    fileprivate func insert(
        _ key: IdempotencyKey,
        of owner: String,
        _ fingerprint: [UInt8],
        _ job: JobID
    ) async throws(PostgresError) -> Bool {
        try await !execute(
            """
            INSERT INTO idempotency_keys AS known (owner, key, fingerprint, job_id)
            VALUES (\(owner), \(key.text), \(fingerprint), \(job))
            ON CONFLICT (owner, key) DO UPDATE
            SET fingerprint = excluded.fingerprint, job_id = excluded.job_id, created_at = now()
            WHERE known.created_at < now() - \(IdempotencyKey.lasts)
            RETURNING key
            """
        ).isEmpty
    }

    /// `nil` when it was deleted in this moment.
    fileprivate func request(
        of key: IdempotencyKey,
        of owner: String
    ) async throws(PostgresError) -> (fingerprint: [UInt8], job: JobID)? {
        try await execute(
            "SELECT fingerprint, job_id FROM idempotency_keys WHERE owner = \(owner) AND key = \(key.text)"
        )
        .one { (fingerprint: [UInt8], job: JobID) in (fingerprint, job) }
    }
}

extension GenerationRequest {
    /// SHA-256 of what is asked for, however it was written. Stored: what goes into it must stay as it is.
    var fingerprint: [UInt8] {
        let meaning: JSON = [
            "prompt": .string(prompt), "model": .string(model.id), "parameters": JSON.object(parameters).sorted,
            "priority": .string(priority.rawValue), "run_at": runAt.map { .string("\($0)") } ?? .null,
        ]
        let bytes = meaning.serialized()
        var hash = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_bytes()))
        crypto_hash_sha256(&hash, bytes, UInt64(bytes.count))
        return hash
    }
}

extension JSON {
    /// The same with the members of every object in the order of their names.
    fileprivate var sorted: JSON {
        switch self {
        case .object(let object):
            var members: JSONObject = [:]
            for (key, value) in object.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                members[key] = value.sorted
            }
            return .object(members)
        case .array(let elements): return .array(elements.map(\.sorted))
        default: return self
        }
    }
}
