-- migrate:up

-- A list that nobody remembers is counted from its beginning, after every picture that is thrown away. What is kept and
-- what lies in the trash have indexes of their own, as narrow as can be, and each filter has one that finds its pictures
-- alone, in the order of lists.
ALTER TABLE library DROP CONSTRAINT library_pkey, ADD PRIMARY KEY (id);
CREATE INDEX library_kept ON library (id) WHERE trashed_at IS NULL;
CREATE INDEX library_favourites ON library (id) WHERE favourite AND trashed_at IS NULL;
CREATE INDEX library_models ON library (model, id) WHERE trashed_at IS NULL;
CREATE INDEX library_seeds ON library (seed, id) WHERE trashed_at IS NULL AND seed IS NOT NULL;

DROP INDEX library_rating, library_trash;
CREATE INDEX library_rating ON library (rating, id) WHERE trashed_at IS NULL;
CREATE INDEX library_trash ON library (id) WHERE trashed_at IS NOT NULL;
CREATE INDEX library_trashed_at ON library (trashed_at, id) WHERE trashed_at IS NOT NULL;

-- The words of every prompt, also of those that came to nothing: searches need not take it apart again.
ALTER TABLE generations ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', prompt)) STORED;

CREATE OR REPLACE FUNCTION shelve_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO library (id, generation_id, position, model, seed, words)
    SELECT time_ordered_uuid(a.created_at, row_number() OVER (ORDER BY a.generation_id, a.position DESC)),
        a.generation_id, a.position, g.model,
        coalesce(whole_number(a.details ->> 'seed'), whole_number(g.parameters ->> 'seed')),
        g.words
    FROM added a
    JOIN generations g ON g.id = a.generation_id;
    RETURN NULL;
END
$$;

-- migrate:down

CREATE OR REPLACE FUNCTION shelve_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
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

ALTER TABLE generations DROP COLUMN words;
DROP INDEX library_trashed_at, library_trash, library_rating, library_seeds, library_models, library_favourites,
    library_kept;
ALTER TABLE library DROP CONSTRAINT library_pkey;
ALTER TABLE library ADD PRIMARY KEY (id) INCLUDE (trashed_at, favourite, rating, model, seed);
CREATE INDEX library_rating ON library (rating, id) INCLUDE (trashed_at, favourite, model, seed);
CREATE INDEX library_trash ON library (trashed_at) WHERE trashed_at IS NOT NULL;
