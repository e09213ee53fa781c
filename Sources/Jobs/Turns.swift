import Postgres

/// How owners take turns: jobs of one priority are begun in the order of their turns, and those of one owner stand in
/// different ones. Whoever asks for a hundred pictures gets every second place beside somebody who asks for one.
///
/// Nobody enters a turn that has begun: those who ask again and again for one picture could keep it going for ever,
/// before all who wait for the next.
enum Turns {
    /// The relation `turns (queue, priority, foremost, next)` for what is in `relation`: the turn that is being begun,
    /// NULL when no job waits, and the first one that has not begun.
    ///
    /// `begun` is the latest turn of a running job. When `foremost` follows it, that has just come; elsewhere it may have
    /// begun with a job that has ended since.
    ///
    /// Jobs are looked for once, and not before a row is asked for: without OFFSET the planner would put the sub-selects
    /// wherever they are named. What stands before `begun` is not looked at: there may be thousands of rows that are done
    /// and cannot be cleared away yet, because some old transaction might still see them.
    static func relation(of relation: SQL) -> SQL {
        """
        turns AS MATERIALIZED (
            SELECT queue, priority, foremost,
                CASE WHEN foremost = begun + 1 THEN foremost ELSE coalesce(greatest(begun, foremost) + 1, 0) END AS next
            FROM (
                SELECT queue, priority, begun, (
                        SELECT j.turn
                        FROM jobs j
                        WHERE j.state = 'pending' AND j.queue = known.queue AND j.priority = known.priority
                            AND j.turn >= coalesce(begun, 0)
                        ORDER BY j.turn
                        LIMIT 1
                    ) AS foremost
                FROM (
                    SELECT queue, priority, (
                            SELECT j.turn
                            FROM jobs j
                            WHERE j.state = 'processing' AND j.queue = asking.queue AND j.priority = asking.priority
                            ORDER BY j.turn DESC
                            LIMIT 1
                        ) AS begun
                    FROM (SELECT DISTINCT queue, priority FROM \(relation)) AS asking
                    OFFSET 0
                ) AS known
                OFFSET 0
            ) AS found
        )
        """
    }

    /// `relation`, and `lines (queue, owner, priority, first)`: for each owner, the turn of the next job. That is behind
    /// the owner's last waiting job, or else the next turn.
    static func lines(of relation: SQL) -> SQL {
        """
        \(self.relation(of: relation)), lines AS MATERIALIZED (
            SELECT queue, owner, priority, coalesce(
                (
                    SELECT j.turn + 1
                    FROM jobs j
                    WHERE j.state = 'pending' AND j.queue = asking.queue AND j.owner = asking.owner
                        AND j.priority = asking.priority
                    ORDER BY j.turn DESC
                    LIMIT 1
                ), \(next(for: "asking"))) AS first
            FROM (SELECT DISTINCT queue, owner, priority FROM \(relation)) AS asking
        )
        """
    }

    /// The turn of a row of the relation, beside its `lines`.
    static let turn: SQL = "first + row_number() OVER (PARTITION BY queue, owner, priority ORDER BY id) - 1"

    /// The first turn that has not begun, from `turns`, where the row stands.
    static func next(for row: SQL) -> SQL {
        "(SELECT next FROM turns WHERE turns.queue = \(row).queue AND turns.priority = \(row).priority)"
    }

    /// The turn of a job that comes back from its worker, from `turns`: its own, or where the front is now.
    ///
    /// It may have begun long ago. A turn that is over must not come back: it would be open again.
    static func kept(by job: SQL) -> SQL {
        """
        greatest(\(job).turn, (
            SELECT foremost FROM turns WHERE turns.queue = \(job).queue AND turns.priority = \(job).priority
        ))
        """
    }
}
