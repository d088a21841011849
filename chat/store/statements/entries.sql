-- name: InsertEntry :exec
-- The parameters have no names: the driver allocates each name, for each row.
INSERT INTO entries (room, id, kind, at, sent, "user", body, address, shadow, deleted_at, deleted_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (room, id) DO NOTHING;

-- name: Entry :one
SELECT * FROM entries WHERE room = @room AND id = @id;

-- name: RoomsOfUser :many
SELECT DISTINCT room FROM entries WHERE "user" = @user ORDER BY room;

-- name: EntryDeletedAt :one
SELECT deleted_at FROM entries WHERE room = @room AND id = @id;

-- name: MarkDeleted :execrows
UPDATE entries SET deleted_at = @deleted_at, deleted_by = @deleted_by
WHERE room = @room AND id = @id AND kind = '';

-- name: MarkUserDeleted :execrows
UPDATE entries SET deleted_at = @deleted_at, deleted_by = @deleted_by
WHERE "user" = @user AND room = @room AND kind = '' AND deleted_at = 0 AND sent <= @deleted_at;

-- name: DeleteEntriesOfRoom :execrows
DELETE FROM entries WHERE seq IN (SELECT old.seq FROM entries AS old WHERE old.room = @room LIMIT @count);

-- name: DeleteEntriesBefore :execrows
DELETE FROM entries WHERE seq IN (SELECT old.seq FROM entries AS old WHERE old.sent < @sent ORDER BY old.sent LIMIT @count);
