-- name: RoomSettings :one
SELECT * FROM rooms WHERE room = @room;

-- name: AllRoomSettings :many
SELECT * FROM rooms ORDER BY room;

-- name: SaveRoom :execrows
INSERT INTO rooms (room, data, revision) VALUES (@room, @data, @revision)
ON CONFLICT (room) DO UPDATE SET data = excluded.data, revision = excluded.revision
WHERE excluded.revision > rooms.revision;

-- name: RewriteRoom :exec
UPDATE rooms SET data = @data, revision = revision + 1 WHERE room = @room;

-- name: DeleteRoom :exec
DELETE FROM rooms WHERE room = @room;
