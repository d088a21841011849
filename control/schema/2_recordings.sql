-- +goose NO TRANSACTION
-- +goose Up
-- What a stream's owner decides about recordings.
ALTER TABLE streams ADD COLUMN record TEXT NOT NULL DEFAULT 'default'
    CHECK (record IN ('default', 'on', 'off'));
ALTER TABLE streams ADD COLUMN retention INTEGER -- seconds; 0: forever; NULL: as configured
    CHECK (retention >= 0);
