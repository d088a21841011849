-- name: InsertErasure :one
INSERT INTO erasures (pseudonym, complete, report) VALUES (@pseudonym, FALSE, @report) RETURNING id;

-- name: BegunErasure :one
SELECT * FROM erasures WHERE pseudonym = @pseudonym AND NOT complete;

-- name: Erasures :many
SELECT * FROM erasures WHERE complete ORDER BY id;

-- name: SaveErasure :exec
UPDATE erasures SET report = @report WHERE id = @id;

-- name: CompleteErasure :exec
UPDATE erasures SET complete = TRUE WHERE id = @id;

-- name: DeleteErasure :exec
DELETE FROM erasures WHERE id = @id;

-- name: SettleErasure :execrows
DELETE FROM erasures WHERE id = @id AND complete;

-- name: EntriesOfUser :many
SELECT seq, room, kind, at, sent, "user", deleted_by, body FROM entries WHERE "user" = @user LIMIT @count;

-- name: LastEntry :one
SELECT CAST(coalesce(max(seq), 0) AS INTEGER) FROM entries;

-- name: TracesExist :one
SELECT EXISTS (SELECT 1 FROM entries
    WHERE seq > @first AND seq <= @last AND (kind <> '' OR deleted_by = @user OR instr(body, @quoted) > 0));

-- name: Traces :many
-- Entries that may have something of a user in them.
SELECT seq, room, kind, at, sent, "user", deleted_by, body FROM entries
WHERE seq > @first AND seq <= @last AND (kind <> '' OR deleted_by = @user OR instr(body, @quoted) > 0);

-- name: DeleteEntry :exec
DELETE FROM entries WHERE seq = @seq;

-- name: RewriteEntry :exec
UPDATE entries SET body = @body,
    address = CASE "user" WHEN @user THEN '' ELSE address END,
    "user" = CASE "user" WHEN @user THEN '' ELSE "user" END,
    deleted_by = CASE deleted_by WHEN @user THEN @pseudonym ELSE deleted_by END WHERE seq = @seq;

-- name: InsertSecret :exec
INSERT INTO secrets (name, value) VALUES (@name, @value) ON CONFLICT DO NOTHING;

-- name: Secret :one
SELECT value FROM secrets WHERE name = @name;
