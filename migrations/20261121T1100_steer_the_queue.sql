-- migrate:up

-- What an operator says about a queue; a row appears with its first worker.
CREATE TABLE queues (
    name      text PRIMARY KEY,
    -- No job of it begins while this is set; running ones end.
    paused_at timestamptz
);

ALTER TABLE jobs
    -- Who asked for it, so that nobody waits behind all of somebody else's jobs.
    ADD COLUMN owner text NOT NULL DEFAULT '',
    -- The owner's jobs of a queue and priority stand in different turns, and turns go round the owners.
    ADD COLUMN turn bigint NOT NULL DEFAULT 0,
    ADD COLUMN snooze_count integer NOT NULL DEFAULT 0,
    -- An outside name of the running attempt, such as a prediction's id.
    ADD COLUMN provider_ref text;

DROP INDEX jobs_ready, jobs_processing, jobs_finished_at;
CREATE INDEX jobs_ready ON jobs (queue, priority, turn, id) WHERE state = 'pending';
CREATE INDEX jobs_turns ON jobs (queue, owner, priority, turn) WHERE state = 'pending';
CREATE INDEX jobs_processing ON jobs (queue, id) WHERE state = 'processing';
CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;

-- New: what failed or was cancelled may be put back by a person. What is completed stays so.
DROP TRIGGER jobs_transition ON jobs;
CREATE TRIGGER jobs_transition BEFORE UPDATE OF state ON jobs FOR EACH ROW
WHEN (NOT (
    OLD.state = 'pending' AND NEW.state IN ('processing', 'cancelled')
    OR OLD.state = 'scheduled' AND NEW.state IN ('pending', 'cancelled')
    OR OLD.state = 'processing' AND NEW.state IN ('pending', 'scheduled', 'completed', 'failed', 'cancelled')
    OR OLD.state IN ('failed', 'cancelled') AND NEW.state = 'pending'
    OR OLD.state = NEW.state AND OLD.lease_token IS NOT DISTINCT FROM NEW.lease_token
))
EXECUTE FUNCTION refuse_job_transition();

-- An attempt is written once, when it has ended: until then its job's row tells of it. Half the writes, and nothing of
-- the story is ever rewritten.
DELETE FROM job_attempts WHERE ended_at IS NULL;
ALTER TABLE job_attempts
    ALTER COLUMN ended_at SET NOT NULL,
    ALTER COLUMN outcome SET NOT NULL,
    ALTER COLUMN started_at DROP DEFAULT,
    -- What the provider says it used, such as {"predict_time": 2.1}, and what that cost where its price is known.
    ADD COLUMN usage jsonb,
    ADD COLUMN cost_usd numeric(12, 6),
    -- Checking it would lock the job's row once more for every attempt. Attempts are only ever inserted by the statement
    -- that updates their job; they go with it by the trigger below.
    DROP CONSTRAINT job_attempts_job_id_fkey;

CREATE FUNCTION delete_job_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM job_attempts a USING deleted d WHERE a.job_id = d.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER jobs_delete_attempts AFTER DELETE ON jobs
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION delete_job_attempts();

-- Its queues with the number of jobs it runs of each at the same time: {"canvas": 2}.
ALTER TABLE workers ADD COLUMN queues jsonb NOT NULL DEFAULT '{}';

-- What was answered to requests that may be sent again.
CREATE TABLE idempotency_keys (
    owner       text NOT NULL,
    key         text NOT NULL,
    -- SHA-256 of the request's meaning.
    fingerprint bytea NOT NULL,
    job_id      uuid NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, key)
);

CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- The latest durations of a model are what its next pictures will take.
CREATE INDEX generations_model ON generations (model, id);

-- migrate:down

DROP INDEX generations_model;
DROP TABLE idempotency_keys;
ALTER TABLE workers DROP COLUMN queues;
DROP TRIGGER jobs_delete_attempts ON jobs;
DROP FUNCTION delete_job_attempts;
DELETE FROM job_attempts a WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = a.job_id);
ALTER TABLE job_attempts
    DROP COLUMN usage,
    DROP COLUMN cost_usd,
    ALTER COLUMN started_at SET DEFAULT now(),
    ALTER COLUMN outcome DROP NOT NULL,
    ALTER COLUMN ended_at DROP NOT NULL,
    ADD FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE;
DROP TRIGGER jobs_transition ON jobs;
CREATE TRIGGER jobs_transition BEFORE UPDATE OF state ON jobs FOR EACH ROW
WHEN (NOT (
    OLD.state = 'pending' AND NEW.state IN ('processing', 'cancelled')
    OR OLD.state = 'scheduled' AND NEW.state IN ('pending', 'cancelled')
    OR OLD.state = 'processing' AND NEW.state IN ('pending', 'scheduled', 'completed', 'failed', 'cancelled')
    OR OLD.state = NEW.state AND OLD.lease_token IS NOT DISTINCT FROM NEW.lease_token
))
EXECUTE FUNCTION refuse_job_transition();
DROP INDEX jobs_ready, jobs_turns, jobs_processing, jobs_finished;
CREATE INDEX jobs_ready ON jobs (queue, priority, run_at, id) WHERE state = 'pending';
CREATE INDEX jobs_processing ON jobs (id) WHERE state = 'processing';
CREATE INDEX jobs_finished_at ON jobs (finished_at) WHERE finished_at IS NOT NULL;
ALTER TABLE jobs DROP COLUMN owner, DROP COLUMN turn, DROP COLUMN snooze_count, DROP COLUMN provider_ref;
DROP TABLE queues;
