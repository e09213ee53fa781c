import Postgres

extension Database {
    /// Has the database note every change of a job's state or lease, in the transaction that makes it.
    public func beginAudit() async throws(PostgresError) {
        _ = try await batch([
            """
            CREATE TABLE audit (
                number bigserial PRIMARY KEY, job uuid NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
                old_state text, new_state text NOT NULL, attempt integer NOT NULL, lease uuid
            )
            """,
            """
            CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO audit (job, old_state, new_state, attempt, lease)
                VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.state END, NEW.state, NEW.attempt, NEW.lease_token);
                RETURN NULL;
            END
            $$
            """,
            "CREATE TRIGGER audit_insert AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION note_move()",
            """
            CREATE TRIGGER audit_update AFTER UPDATE ON jobs FOR EACH ROW
            WHEN ((OLD.state, OLD.attempt, OLD.lease_token) IS DISTINCT FROM (NEW.state, NEW.attempt, NEW.lease_token))
            EXECUTE FUNCTION note_move()
            """,
        ])
    }

    func stateMoves() async throws(PostgresError) -> [StateMove] {
        try await report(
            """
            SELECT job::text, extract(epoch FROM at)::float8, old_state, new_state, attempt, lease::text
            FROM audit
            ORDER BY number
            """,
            timeout: .seconds(60)
        ).map { (job: String, time: Double, from: String?, to: String, attempt: Int, lease: String?) in
            StateMove(job: job, time: time, from: from, to: to, attempt: attempt, lease: lease)
        }
    }
}
