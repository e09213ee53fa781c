-- migrate:up

-- What stands in somebody's generate form. The visitor is a number drawn by chance, in a cookie, and nothing else.
CREATE TABLE drafts (
    visitor        uuid PRIMARY KEY,
    form           jsonb NOT NULL,
    version        bigint NOT NULL DEFAULT 1,
    -- The window that wrote it, so that one knows its own words from those of another.
    writer         text NOT NULL,
    -- What was overwritten last, and by what.
    earlier        jsonb,
    earlier_reason text,
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX drafts_updated_at ON drafts (updated_at);

-- What models take, as their providers say.
CREATE TABLE model_schemas (
    model      text PRIMARY KEY,
    about      text NOT NULL DEFAULT '',
    -- The schemas of its OpenAPI description, as far as they concern the input.
    schemas    jsonb,
    -- Why the provider was last asked in vain.
    problem    text,
    fetched_at timestamptz,
    tried_at   timestamptz NOT NULL DEFAULT now()
);

-- Pictures that were asked for together.
CREATE TABLE batches (
    id         uuid PRIMARY KEY,
    -- The inputs whose values differ among them, the slowest first.
    axes       text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE generations
    -- The prompt as it was typed, where chance has made its choices.
    ADD COLUMN template text,
    -- Not checked: the same statement inserts both, and other orders have none.
    ADD COLUMN batch uuid;

CREATE INDEX generations_batch ON generations (batch) WHERE batch IS NOT NULL;

-- Every prompt that was typed into the form, once. It stays when its pictures are deleted.
CREATE TABLE prompts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Of both texts: they may be too long for an index.
    digest          bytea NOT NULL UNIQUE,
    prompt          text NOT NULL,
    negative_prompt text NOT NULL,
    -- Its words in lower case, for the search.
    words           tsvector NOT NULL,
    uses            integer NOT NULL DEFAULT 1,
    used_at         timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX prompts_used_at ON prompts (used_at DESC, id DESC);
CREATE INDEX prompts_words ON prompts USING gin (words);

CREATE TABLE presets (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    model      text NOT NULL,
    prompt     text NOT NULL,
    parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX presets_name ON presets (lower(name));

-- migrate:down

DROP TABLE presets;
DROP TABLE prompts;
ALTER TABLE generations DROP COLUMN batch, DROP COLUMN template;
DROP TABLE batches;
DROP TABLE model_schemas;
DROP TABLE drafts;
