-- migrate:up

-- For the list of what went wrong, newest first, however few of them there are. Jobs that go well never touch it.
CREATE INDEX jobs_ended_badly ON jobs (state, id) WHERE state IN ('failed', 'cancelled');

-- migrate:down

DROP INDEX jobs_ended_badly;
