-- +goose NO TRANSACTION
-- +goose Up
-- Who may watch: as configured, anybody, or who has a playback token.
ALTER TABLE streams ADD COLUMN access TEXT NOT NULL DEFAULT 'default'
    CHECK (access IN ('default', 'public', 'token'));
