-- migrate:up

-- Small enough for a grid on a plain screen; NULL where the thumbnail is, and for pictures from before.
ALTER TABLE pictures ADD COLUMN small text;
CREATE INDEX pictures_small ON pictures (small) WHERE small IS NOT NULL;

-- A UUID of version 7 (RFC 9562): the time to the microsecond, then `place`, which orders what was made at the same
-- time, then chance.
CREATE FUNCTION time_ordered_uuid(made timestamptz, place bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(
        substring(int8send(us / 1000) FROM 3)
            || substring(int4send((28672 + us % 1000 * 4096 / 1000)::integer) FROM 3)
            || substring(int4send((32768 + (place & 16383))::integer) FROM 3)
            || substring(uuid_send(gen_random_uuid()) FROM 11), 'hex')::uuid
    FROM (SELECT (extract(epoch FROM made) * 1000000)::bigint) AS t (us)
$$;

-- NULL for what is none.
CREATE FUNCTION whole_number(text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN $1 ~ '^-?[0-9]{1,18}$' THEN $1::bigint END
$$;

-- A picture's place in the library: its public id, what it is found by, and what people have said of it. Beside the
-- pictures, which are wide and never change, so that it is small and may. In the order of ids it is oldest first.
CREATE TABLE library (
    id            uuid NOT NULL,
    generation_id uuid NOT NULL,
    position      smallint NOT NULL,
    model         text NOT NULL,
    seed          bigint,
    rating        smallint NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    favourite     boolean NOT NULL DEFAULT false,
    -- In the trash since then; those thrown away together have the same time.
    trashed_at    timestamptz,
    tags          text[] NOT NULL DEFAULT '{}',
    boards        bigint[] NOT NULL DEFAULT '{}',
    -- Of the prompt.
    words         tsvector NOT NULL,
    -- Lists are read from indexes alone, whatever they are filtered by.
    PRIMARY KEY (id) INCLUDE (trashed_at, favourite, rating, model, seed)
) WITH (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000,
    autovacuum_vacuum_scale_factor = 0.05);

-- The id is that of the moment a picture was kept.
INSERT INTO library (id, generation_id, position, model, seed, words)
SELECT time_ordered_uuid(
        p.created_at,
        row_number() OVER (PARTITION BY p.created_at ORDER BY p.generation_id, p.position DESC)
    ),
    p.generation_id, p.position, g.model,
    coalesce(whole_number(p.details ->> 'seed'), whole_number(g.parameters ->> 'seed')),
    to_tsvector('simple', g.prompt)
FROM pictures p
JOIN generations g ON g.id = p.generation_id;

CREATE UNIQUE INDEX library_generation ON library (generation_id, position);
CREATE INDEX library_rating ON library (rating, id) INCLUDE (trashed_at, favourite, model, seed);
CREATE INDEX library_trash ON library (trashed_at) WHERE trashed_at IS NOT NULL;
-- A short list of what is not sorted in yet: searches read it whole.
CREATE INDEX library_words ON library USING gin (words, tags, boards) WITH (gin_pending_list_limit = 512);

-- One for a statement, however many pictures it keeps: the end of a job is where every microsecond counts.
CREATE FUNCTION shelve_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO library (id, generation_id, position, model, seed, words)
    SELECT time_ordered_uuid(a.created_at, row_number() OVER (ORDER BY a.generation_id, a.position DESC)),
        a.generation_id, a.position, g.model,
        coalesce(whole_number(a.details ->> 'seed'), whole_number(g.parameters ->> 'seed')),
        to_tsvector('simple', g.prompt)
    FROM added a
    JOIN generations g ON g.id = a.generation_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER pictures_shelve AFTER INSERT ON pictures
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION shelve_pictures();

-- In place of a foreign key, which would look up every picture once more when it is kept.
CREATE FUNCTION unshelve_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE library;
    ELSIF EXISTS (SELECT FROM deleted) THEN
        DELETE FROM library l USING deleted d
        WHERE (l.generation_id, l.position) = (d.generation_id, d.position);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER pictures_unshelve AFTER DELETE ON pictures
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION unshelve_pictures();
CREATE TRIGGER pictures_unshelve_all AFTER TRUNCATE ON pictures
FOR EACH STATEMENT EXECUTE FUNCTION unshelve_pictures();

-- What a process remembers of lists holds until they change otherwise than by new pictures: by those that go or come
-- back, and for some lists by what people say of pictures.
CREATE TABLE library_changes (
    id      boolean PRIMARY KEY DEFAULT true CHECK (id),
    members bigint NOT NULL DEFAULT 0,
    marks   bigint NOT NULL DEFAULT 0
);
INSERT INTO library_changes DEFAULT VALUES;

CREATE FUNCTION count_library_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'members' THEN
        UPDATE library_changes SET members = members + 1;
    ELSE
        UPDATE library_changes SET marks = marks + 1;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER library_members AFTER UPDATE OF trashed_at OR DELETE OR TRUNCATE ON library
FOR EACH STATEMENT EXECUTE FUNCTION count_library_changes('members');
CREATE TRIGGER library_marks AFTER UPDATE OF favourite, rating, tags, boards ON library
FOR EACH STATEMENT EXECUTE FUNCTION count_library_changes('marks');

-- Every tag that was ever given, for suggestions.
CREATE TABLE tags (
    name       text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Pictures name their boards; the number of one that is gone means nothing, and is never given again.
CREATE TABLE boards (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX boards_name ON boards (lower(name));

-- migrate:down

DROP TABLE boards;
DROP TABLE tags;
DROP TRIGGER pictures_shelve ON pictures;
DROP TRIGGER pictures_unshelve ON pictures;
DROP TRIGGER pictures_unshelve_all ON pictures;
DROP TABLE library;
DROP FUNCTION shelve_pictures;
DROP FUNCTION unshelve_pictures;
DROP TABLE library_changes;
DROP FUNCTION count_library_changes;
DROP FUNCTION time_ordered_uuid;
DROP FUNCTION whole_number;
DROP INDEX pictures_small;
ALTER TABLE pictures DROP COLUMN small;
