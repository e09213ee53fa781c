-- migrate:up

-- What a waiting job has begun outside goes on, such as a prediction whose worker has died: it takes a place of those
-- that are limited over all workers. Set when an attempt ends, so that remembering a checkpoint touches no index.
ALTER TABLE jobs ADD COLUMN is_under_way boolean NOT NULL DEFAULT false;
CREATE INDEX jobs_under_way ON jobs (queue) WHERE is_under_way;

-- migrate:down

ALTER TABLE jobs DROP COLUMN is_under_way;
