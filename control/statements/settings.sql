-- name: InsertSetting :execrows
INSERT INTO settings (name, value) VALUES (@name, @value) ON CONFLICT DO NOTHING;

-- name: PutSetting :exec
INSERT INTO settings (name, value) VALUES (@name, @value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: Setting :one
SELECT value FROM settings WHERE name = @name;
