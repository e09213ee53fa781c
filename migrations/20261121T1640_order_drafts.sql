-- migrate:up

-- By the clock of the window that wrote it, in milliseconds; 0 where it did not say.
ALTER TABLE drafts ADD COLUMN sent_at bigint NOT NULL DEFAULT 0;

-- migrate:down

ALTER TABLE drafts DROP COLUMN sent_at;
