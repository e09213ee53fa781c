import Postgres

/// How owners take turns: jobs of one priority are begun in the order of their turns, and those of one owner stand in
/// different ones. Whoever asks for a hundred pictures gets every second place beside somebody who asks for one.
///
/// Nobody enters a turn that has begun: those who ask again and again for one picture could keep it going for ever,
/// before all who wait for the next.
enum Turns {
    /// The relation `lines (queue, owner, priority, first)`: for each owner with jobs in `relation`, the turn of the
    /// next one. That is behind the owner's last waiting job, or else in the next turn.
    static func lines(of relation: SQL) -> SQL {
        """
        lines AS MATERIALIZED (
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

    /// The first turn that has not begun, in the queue and priority of a row.
    ///
    /// `begun` is the latest of the running jobs, `foremost` that of the job which begins next. Where the one follows the
    /// other, it has just come; elsewhere it may have begun with a job that has ended since. The jobs are read once:
    /// without OFFSET the planner would put their sub-selects wherever they are named.
    static func next(for row: SQL) -> SQL {
        """
        (
            SELECT CASE WHEN foremost = begun + 1 THEN foremost ELSE coalesce(greatest(begun, foremost) + 1, 0) END
            FROM (
                SELECT
                    (
                        SELECT j.turn
                        FROM jobs j
                        WHERE j.state = 'processing' AND j.queue = \(row).queue AND j.priority = \(row).priority
                        ORDER BY j.turn DESC
                        LIMIT 1
                    ) AS begun, \(foremost(for: row)) AS foremost
                OFFSET 0
            ) AS turns
        )
        """
    }

    /// The turn of the waiting job that begins next, in the queue and priority of a row; NULL when none waits.
    ///
    /// What comes back from a worker may have begun long ago: it goes to the front, but brings no turn back that is over,
    /// which would open it to others.
    static func foremost(for row: SQL) -> SQL {
        """
        (
            SELECT w.turn
            FROM jobs w
            WHERE w.state = 'pending' AND w.queue = \(row).queue AND w.priority = \(row).priority
            ORDER BY w.turn
            LIMIT 1
        )
        """
    }
}
