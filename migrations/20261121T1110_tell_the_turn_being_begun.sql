-- migrate:up

-- The latest turn that has begun is that of a running job: who is new stands behind it.
DROP INDEX jobs_processing;
CREATE INDEX jobs_processing ON jobs (queue, priority, turn) WHERE state = 'processing';

-- migrate:down

DROP INDEX jobs_processing;
CREATE INDEX jobs_processing ON jobs (queue, id) WHERE state = 'processing';
