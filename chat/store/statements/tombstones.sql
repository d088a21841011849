-- name: Tombstones :many
SELECT * FROM tombstones WHERE expires > @now;

-- name: PutTombstone :exec
INSERT INTO tombstones (room, id, "user", erased, at, "by", expires)
VALUES (@room, @id, @user, @erased, @at, @by, @expires)
ON CONFLICT (room, id, "user", erased) DO UPDATE SET
    at = max(tombstones.at, excluded.at), "by" = excluded."by", expires = excluded.expires;

-- name: DeleteTombstonesOfRoom :exec
DELETE FROM tombstones WHERE room = @room;

-- name: DeleteTombstonesBefore :exec
DELETE FROM tombstones WHERE expires < @now;

-- name: DeleteTombstonesOfUser :exec
DELETE FROM tombstones WHERE "user" = @user AND NOT erased;

-- name: RenameTombstones :exec
UPDATE tombstones SET "by" = @pseudonym WHERE "by" = @user;
