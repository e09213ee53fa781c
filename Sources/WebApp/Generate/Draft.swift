import HTTPServer
import JSON
import Postgres

/// Whose form it is: a number drawn by chance that the browser keeps. It says nothing about the person.
struct Visitor: Sendable, Equatable {
    private static let cookie = "atelier_draft"
    static let remembered = 30 * 86_400

    let id: UUID

    /// `nil` for a browser that has none yet, or none of ours.
    init?(_ request: Request) {
        guard let id = request.cookies[Self.cookie].flatMap({ UUID($0) }) else { return nil }
        self.id = id
    }

    private init(id: UUID) { self.id = id }

    static func new() -> Visitor { Visitor(id: .random()) }

    /// Asks the browser to keep it for 30 days from now.
    func remember(in response: inout Response, _ request: Request) {
        // Nothing else tells this server whether a proxy in front of it speaks TLS.
        let isSecure = (request.headers["origin"] ?? request.headers["referer"] ?? "").hasPrefix("https://")
        response.headers.append(
            "Set-Cookie",
            "\(Self.cookie)=\(id); Path=/; Max-Age=\(Self.remembered); HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
        )
    }
}

/// Which state of a draft a window was showing, the name of that window, and when it sent the form: all come back with it.
struct DraftMark: Sendable {
    /// 0: there was no draft.
    var version = 0
    /// By chance; a new one whenever a page is made.
    var writer = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    /// By the clock of the browser, in milliseconds; 0 without a script. What one window sends may arrive in any order.
    private(set) var sentAt = 0

    var text: String { "\(version).\(writer)" }

    init(version: Int = 0) { self.version = version }

    /// `nil` for what no page of ours has sent.
    init?(_ sent: Form) {
        let parts = (sent["draft"] ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let version = Int(parts[0]), version >= 0, (1...16).contains(parts[1].utf8.count) else {
            return nil
        }
        self.version = version
        writer = String(parts[1])
        sentAt = sent["sent_at"].flatMap { Int($0) } ?? 0
    }
}

/// A visitor's form as it is stored.
struct Draft: Sendable {
    /// What has overwritten the earlier form.
    enum Reason: String, Sendable {
        case otherWindow = "other_window"
        case use, clear
    }

    let form: GenerateForm
    let version: Int
    /// The form before it was overwritten.
    let earlier: GenerateForm?
    let reason: Reason?

    static let none = Draft(form: GenerateForm(), version: 0, earlier: nil, reason: nil)
}

extension Database {
    static let mostDrafts = 5000
    static let largestDraft = 128 << 10

    func draft(of visitor: Visitor) async throws(PostgresError) -> Draft? {
        try await query("SELECT form, version, earlier, earlier_reason FROM drafts WHERE visitor = \(visitor.id)")
            .map { (form: JSON, version: Int, earlier: JSON?, reason: String?) in
                Draft(
                    form: GenerateForm(form),
                    version: version,
                    earlier: earlier.map { GenerateForm($0) },
                    reason: reason.flatMap(Draft.Reason.init)
                )
            }.first
    }

    /// Stores what a window sent; the last one counts, and of one window what was sent last. What another window has
    /// written in the meantime becomes the earlier form.
    ///
    /// - Returns: `false` when it is too large to be kept.
    @discardableResult
    func saveDraft(_ form: GenerateForm, of visitor: Visitor, by mark: DraftMark) async throws(PostgresError) -> Bool {
        let json = form.json
        guard json.serialized().count <= Self.largestDraft else { return false }
        let isInserted = try await execute(
            """
            INSERT INTO drafts AS d (visitor, form, writer, sent_at)
            VALUES (\(visitor.id), \(json), \(mark.writer), \(mark.sentAt))
            ON CONFLICT (visitor) DO UPDATE SET form = excluded.form, writer = excluded.writer,
                sent_at = excluded.sent_at, updated_at = now(),
                version = d.version + (d.form <> excluded.form)::int,
                earlier = CASE WHEN \(Self.isFromElsewhere(mark)) THEN d.form ELSE d.earlier END,
                earlier_reason = CASE WHEN \(Self.isFromElsewhere(mark)) THEN 'other_window' ELSE d.earlier_reason END
            WHERE d.writer <> excluded.writer OR d.sent_at <= excluded.sent_at
            RETURNING d.version = 1 AND d.xmax = 0
            """
        ).one { (isInserted: Bool) in isInserted }
        if isInserted == true { try await pruneDrafts() }
        return true
    }

    private static func isFromElsewhere(_ mark: DraftMark) -> SQL {
        "d.form <> excluded.form AND d.version <> \(mark.version) AND d.writer <> excluded.writer"
    }

    /// Overwrites the form on purpose; what was in it becomes the earlier form.
    func replaceDraft(_ form: GenerateForm, of visitor: Visitor, because reason: Draft.Reason)
        async throws(PostgresError)
    {
        _ = try await execute(
            """
            INSERT INTO drafts AS d (visitor, form, writer) VALUES (\(visitor.id), \(form.json), '')
            ON CONFLICT (visitor) DO UPDATE SET form = excluded.form, writer = '', updated_at = now(),
                version = d.version + 1, earlier = d.form, earlier_reason = \(reason.rawValue)
            """
        )
        try await pruneDrafts()
    }

    func forgetEarlierDraft(of visitor: Visitor) async throws(PostgresError) {
        _ = try await execute("UPDATE drafts SET earlier = NULL, earlier_reason = NULL WHERE visitor = \(visitor.id)")
    }

    /// Removes what nobody has touched for 30 days, and the oldest of more than can be kept.
    func pruneDrafts() async throws(PostgresError) {
        _ = try await execute(
            """
            DELETE FROM drafts WHERE updated_at < greatest(
                now() - \(Duration.seconds(Visitor.remembered)),
                (SELECT updated_at FROM drafts ORDER BY updated_at DESC OFFSET \(Self.mostDrafts) LIMIT 1)
            )
            """
        )
    }
}
