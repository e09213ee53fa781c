-- migrate:up

-- What somebody asked for. A generation and the job that makes it share their id, which is ordered by time:
-- the primary key is the order of the gallery.
CREATE TABLE generations (
    id         uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    prompt     text NOT NULL CHECK (prompt <> ''),
    model      text NOT NULL CHECK (model <> ''),
    parameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What came of it. Files are named by their content, so that two pictures may share one.
CREATE TABLE pictures (
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    position      smallint NOT NULL,
    file          text NOT NULL,
    thumbnail     text NOT NULL,
    width         integer NOT NULL CHECK (width > 0),
    height        integer NOT NULL CHECK (height > 0),
    bytes         bigint NOT NULL CHECK (bytes > 0),
    -- What the model really used: seed, chosen style, provider metrics.
    details       jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (generation_id, position)
);

CREATE INDEX pictures_file ON pictures (file);
CREATE INDEX pictures_thumbnail ON pictures (thumbnail);

-- migrate:down

DROP TABLE pictures;
DROP TABLE generations;
