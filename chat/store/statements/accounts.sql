-- name: InsertAccount :exec
INSERT INTO accounts (id, key, name, password, role, color, created, disabled)
VALUES (@id, @key, @name, @password, @role, @color, @created, @disabled);

-- name: Account :one
SELECT * FROM accounts WHERE id = @id;

-- name: Accounts :many
SELECT * FROM accounts WHERE id > @after ORDER BY id LIMIT @count;

-- name: UpdateAccount :execrows
UPDATE accounts SET key = @key, name = @name, password = @password, role = @role, color = @color, disabled = @disabled
WHERE id = @id;

-- name: DeleteAccount :execrows
DELETE FROM accounts WHERE id = @id;
