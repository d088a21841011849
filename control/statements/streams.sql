-- name: CountStreams :one
SELECT count(*) FROM streams;

-- name: InsertStream :exec
INSERT INTO streams (id, name, key_lookup, key_hash, created_at, record, retention, access)
VALUES (@id, @name, @key_lookup, @key_hash, @created_at, @record, @retention, @access);

-- name: Streams :many
SELECT id, name, created_at, record, retention, access FROM streams ORDER BY created_at, id;

-- name: Stream :one
SELECT id, name, created_at, record, retention, access FROM streams WHERE id = @id;

-- name: UpdateStream :exec
UPDATE streams SET name = @name, record = @record, retention = @retention, access = @access WHERE id = @id;

-- name: DeleteStream :execrows
DELETE FROM streams WHERE id = @id;

-- name: UpdateKey :execrows
UPDATE streams SET key_lookup = @key_lookup, key_hash = @key_hash WHERE id = @id;

-- name: KeyHashes :many
SELECT id, key_hash FROM streams;

-- name: StreamOfKey :one
SELECT id, key_hash FROM streams WHERE key_lookup = @key_lookup;

-- name: StreamAccess :many
SELECT id, access FROM streams WHERE access <> 'default';
