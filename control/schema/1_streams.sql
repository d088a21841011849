-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE streams (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    key_lookup TEXT NOT NULL UNIQUE,
    key_hash   BLOB NOT NULL,
    created_at INTEGER NOT NULL -- Unix time in milliseconds
) STRICT;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
