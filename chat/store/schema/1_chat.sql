-- +goose NO TRANSACTION
-- +goose Up
-- Times are Unix times in milliseconds; 0: none.

CREATE TABLE entries (
    seq        INTEGER PRIMARY KEY,
    room       TEXT NOT NULL,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,    -- '': a message
    at         INTEGER NOT NULL, -- program date time
    sent       INTEGER NOT NULL,
    user       TEXT NOT NULL,
    body       TEXT NOT NULL,    -- the message or event, as JSON
    address    TEXT NOT NULL,
    shadow     INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL,
    deleted_by TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX entries_id ON entries (room, id);
CREATE INDEX entries_at ON entries (room, at, id);
CREATE INDEX entries_user ON entries (user, room, id);
CREATE INDEX entries_sent ON entries (sent);

-- What was deleted, and who was erased, before all of it was written: see Append.
CREATE TABLE tombstones (
    room    TEXT NOT NULL, -- '': every room
    id      TEXT NOT NULL, -- of a message, or '' and:
    user    TEXT NOT NULL, -- its author; of an erasure their pseudonym
    erased  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    by      TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (room, id, user, erased)
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
    room     TEXT PRIMARY KEY,
    data     TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE sanctions (
    seq     INTEGER PRIMARY KEY,
    room    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    user    TEXT NOT NULL, -- or '' and:
    network TEXT NOT NULL,
    name    TEXT NOT NULL,
    until   INTEGER NOT NULL, -- 0: for ever
    created INTEGER NOT NULL,
    by      TEXT NOT NULL,
    by_role TEXT NOT NULL,
    reason  TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX sanctions_key ON sanctions (room, kind, user, network);
CREATE INDEX sanctions_user ON sanctions (user);
CREATE INDEX sanctions_created ON sanctions (created);
CREATE INDEX sanctions_until ON sanctions (until);

CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- no number is given twice
    at         INTEGER NOT NULL,
    room       TEXT NOT NULL,
    act        TEXT NOT NULL,
    actor      TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    user       TEXT NOT NULL,
    user_name  TEXT NOT NULL,
    network    TEXT NOT NULL,
    message    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    detail     TEXT NOT NULL -- JSON, or ''
) STRICT;

CREATE INDEX audit_room ON audit (room);
CREATE INDEX audit_actor ON audit (actor);
CREATE INDEX audit_user ON audit (user);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE accounts (
    id       TEXT PRIMARY KEY,
    key      TEXT NOT NULL UNIQUE, -- the name, folded
    name     TEXT NOT NULL,
    password TEXT NOT NULL,        -- hash
    role     TEXT NOT NULL,
    color    TEXT NOT NULL,
    created  INTEGER NOT NULL,
    disabled INTEGER NOT NULL
) STRICT;

CREATE TABLE erasures (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    pseudonym TEXT NOT NULL,
    complete  INTEGER NOT NULL,
    report    TEXT NOT NULL -- JSON
) STRICT;

CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
