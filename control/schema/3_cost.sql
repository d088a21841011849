-- +goose NO TRANSACTION
-- +goose Up
-- What was delivered, for the bill: by the hour (Unix seconds of its beginning).
CREATE TABLE cost_usage (
    hour       INTEGER NOT NULL,
    cdn        TEXT NOT NULL,
    via        TEXT NOT NULL,
    stream     TEXT NOT NULL,
    country    TEXT NOT NULL,
    requests   INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    watched_ms INTEGER NOT NULL,
    PRIMARY KEY (hour, cdn, via, stream, country)
) STRICT, WITHOUT ROWID;

-- Logs of CDNs that were read, so that none counts twice: the SHA-256 of the first
-- length bytes.
CREATE TABLE cdn_log_imports (
    cdn         TEXT NOT NULL,
    length      INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    imported_at INTEGER NOT NULL,
    PRIMARY KEY (cdn, length, hash)
) STRICT, WITHOUT ROWID;
