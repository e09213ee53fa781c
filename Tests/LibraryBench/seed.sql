-- A library of :kept pictures and a fiftieth as many in the trash, the same each time: a year of work with twelve models,
-- on an empty, migrated database. Words come up as they do in prompts: a few in every second, most in hardly any.
--
--   psql -v kept=100000 -v file=<hash>.png -f seed.sql

SELECT setseed(0.42);

CREATE TEMP TABLE words AS
SELECT n AS rank,
    CASE n WHEN 1 THEN 'light' WHEN 2 THEN 'detailed' WHEN 20 THEN 'lighthouse' WHEN 3000 THEN 'zeppelin'
    ELSE (ARRAY['ba','ce','di','fo','gu','la','me','ni','po','ru'])[1 + n % 10]
        || (ARRAY['st','rr','nd','lm','ck'])[1 + n / 10 % 5] || (ARRAY['a','e','i','o','u','y'])[1 + n / 50 % 6]
        || (ARRAY['r','l','n','s','th','x','nd','m','k','t'])[1 + n / 300 % 10] END AS word
FROM generate_series(1, 3000) AS n;

-- Zipf's law: the k-th word comes up a k-th as often as the first.
CREATE TEMP TABLE written AS
SELECT n, string_agg(word, ' ') AS prompt
FROM (
    SELECT n, floor(exp(random() * ln(3001)))::int AS rank
    FROM generate_series(1, :kept * 51 / 50) AS n, generate_series(1, 8 + n % 12)
) AS places
JOIN words USING (rank)
GROUP BY n;

CREATE TEMP TABLE seed AS
SELECT time_ordered_uuid(made, n) AS id, n, made, prompt,
    'bench/model-' || floor(exp(random() * ln(13)))::int AS model,
    (ARRAY[1024, 1216, 832, 1344, 768])[1 + n % 5] AS width, (ARRAY[1024, 832, 1216, 768, 1344])[1 + n % 5] AS height
FROM written, LATERAL (
    SELECT now() - interval '1 hour' - interval '365 days' * (1 - n::float8 / (:kept * 51 / 50))
) AS t (made);

INSERT INTO jobs (id, kind, queue, state, attempt, progress, started_at, finished_at)
SELECT id, 'generate_picture', 'canvas', 'completed', 1, 1, made, made FROM seed;
INSERT INTO generations (id, prompt, model, parameters, created_at)
SELECT id, prompt, model, jsonb_build_object('width', width, 'height', height), made FROM seed;
INSERT INTO job_attempts (job_id, number, worker, started_at, ended_at, outcome)
SELECT id, 1, 'bench', made, made, 'completed' FROM seed;
INSERT INTO pictures (generation_id, position, file, thumbnail, small, width, height, bytes, details, created_at)
SELECT id, 0, :'file', :'file', :'file', width, height, 1000000,
    jsonb_build_object('seed', floor(random() * 20000)::int, 'width', width, 'height', height), made
FROM seed;

-- And what came to nothing: five thousand failed, a thousand was cancelled.
CREATE TEMP TABLE ended AS
SELECT time_ordered_uuid(made, n) AS id, made, CASE WHEN n % 6 = 0 THEN 'cancelled' ELSE 'failed' END::job_state AS state
FROM generate_series(1, 6000) AS n, LATERAL (
    SELECT now() - interval '2 hours' - interval '365 days' * random()
) AS t (made);
INSERT INTO jobs (id, kind, queue, state, attempt, started_at, finished_at, error)
SELECT id, 'generate_picture', 'canvas', state, 4, made, made, 'the provider did not answer' FROM ended;
INSERT INTO generations (id, prompt, model, created_at)
SELECT e.id, s.prompt, s.model, e.made
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM ended) AS e JOIN seed s USING (n);

INSERT INTO boards (name) SELECT 'Board ' || n FROM generate_series(1, 20) AS n;
INSERT INTO tags (name) SELECT 'tag ' || n FROM generate_series(1, 50) AS n;
-- One in twenty is a favourite, one in eight is rated, one in five has a tag, one in ten lies on a board; one in
-- fifty-one was thrown away.
UPDATE library SET favourite = true WHERE random() < 0.05;
UPDATE library SET rating = 1 + floor(random() * 5)::int WHERE random() < 0.125;
UPDATE library SET tags = ARRAY['tag ' || floor(exp(random() * ln(51)))::int] WHERE random() < 0.2;
UPDATE library SET boards = ARRAY[floor(random() * 20)::bigint + (SELECT min(id) FROM boards)] WHERE random() < 0.1;
UPDATE library
SET trashed_at = now() - interval '1 hour'
WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM library) AS l WHERE n % 51 = 0);

VACUUM ANALYZE;
