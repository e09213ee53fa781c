-- migrate:up

-- pending     may be claimed now
-- scheduled   waits for run_at: the next attempt, or a first start in the future
-- processing  leased by a worker until lease_until
CREATE TYPE job_state AS ENUM ('pending', 'scheduled', 'processing', 'completed', 'failed', 'cancelled');

CREATE TABLE jobs (
    id               uuid PRIMARY KEY,
    kind             text NOT NULL,
    queue            text NOT NULL,
    arguments        jsonb NOT NULL DEFAULT '{}',
    state            job_state NOT NULL DEFAULT 'pending',
    -- Lower is sooner.
    priority         smallint NOT NULL DEFAULT 0,
    run_at           timestamptz NOT NULL DEFAULT now(),
    -- Starts so far; each has its row in job_attempts.
    attempt          integer NOT NULL DEFAULT 0,
    -- Attempts that failed and were tried again.
    retry_count      integer NOT NULL DEFAULT 0,
    max_retries      integer NOT NULL DEFAULT 3 CHECK (max_retries BETWEEN 0 AND 100),
    -- Leases that ran out because the worker vanished.
    crash_count      integer NOT NULL DEFAULT 0,
    time_limit       interval NOT NULL DEFAULT '10 minutes' CHECK (time_limit > '0'),
    worker           text,
    -- Every write of a worker is fenced by this token. The lease columns are in no index, so that heartbeats stay HOT.
    lease_token      uuid,
    lease_until      timestamptz,
    heartbeat_at     timestamptz,
    progress         real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    cancel_requested boolean NOT NULL DEFAULT false,
    -- What an attempt must not lose when its worker dies, such as a provider's prediction id.
    checkpoint       jsonb,
    error            text,
    request_id       text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    -- Of the latest attempt.
    started_at       timestamptz,
    finished_at      timestamptz,
    -- A job without an end of its lease would never be rescued.
    CONSTRAINT jobs_lease CHECK (
        (state = 'processing') = (lease_token IS NOT NULL) AND (state = 'processing') = (lease_until IS NOT NULL)
    ),
    CONSTRAINT jobs_finished CHECK ((state IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE INDEX jobs_ready ON jobs (queue, priority, run_at, id) WHERE state = 'pending';
CREATE INDEX jobs_due ON jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_processing ON jobs (id) WHERE state = 'processing';
CREATE INDEX jobs_finished_at ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- What has ended never begins again, and a lease changes hands only by way of pending. The condition is evaluated
-- without a function call, and only for statements that set the state, so heartbeats do not pay for it.
CREATE FUNCTION refuse_job_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'job % cannot go from % to %', OLD.id, OLD.state, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'jobs_transition';
END
$$;

CREATE TRIGGER jobs_transition BEFORE UPDATE OF state ON jobs FOR EACH ROW
WHEN (NOT (
    OLD.state = 'pending' AND NEW.state IN ('processing', 'cancelled')
    OR OLD.state = 'scheduled' AND NEW.state IN ('pending', 'cancelled')
    OR OLD.state = 'processing' AND NEW.state IN ('pending', 'scheduled', 'completed', 'failed', 'cancelled')
    OR OLD.state = NEW.state AND OLD.lease_token IS NOT DISTINCT FROM NEW.lease_token
))
EXECUTE FUNCTION refuse_job_transition();

-- The story of a job: one row a start, never rewritten once it has ended.
CREATE TABLE job_attempts (
    job_id       uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number       integer NOT NULL,
    worker       text NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    -- completed, failed, retried, snoozed, cancelled, handed_back or crashed
    outcome      text,
    error        text,
    provider_ref text,
    PRIMARY KEY (job_id, number)
);

CREATE INDEX job_attempts_provider_ref ON job_attempts (provider_ref) WHERE provider_ref IS NOT NULL;

CREATE TABLE workers (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    capacity     integer NOT NULL,
    running      integer NOT NULL DEFAULT 0,
    is_draining  boolean NOT NULL DEFAULT false
);

-- migrate:down

DROP TABLE workers;
DROP TABLE job_attempts;
DROP TABLE jobs;
DROP FUNCTION refuse_job_transition;
DROP TYPE job_state;
