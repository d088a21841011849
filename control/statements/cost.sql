-- name: AddUsage :exec
-- The sums stop at the largest integer: SQLite makes a floating-point number of a larger
-- one, which the table refuses, and with it everything that is saved beside it.
INSERT INTO cost_usage (hour, cdn, via, stream, country, requests, bytes, watched_ms)
VALUES (@hour, @cdn, @via, @stream, @country, @requests, @bytes, @watched_ms)
ON CONFLICT (hour, cdn, via, stream, country) DO UPDATE SET
    requests = cost_usage.requests + min(excluded.requests, 9223372036854775807 - cost_usage.requests),
    bytes = cost_usage.bytes + min(excluded.bytes, 9223372036854775807 - cost_usage.bytes),
    watched_ms = cost_usage.watched_ms + min(excluded.watched_ms, 9223372036854775807 - cost_usage.watched_ms);

-- name: Usage :many
SELECT * FROM cost_usage WHERE hour >= @since AND hour < @until;

-- name: DeleteUsageBefore :exec
DELETE FROM cost_usage WHERE hour < @hour;

-- name: LogImports :many
SELECT length, hash FROM cdn_log_imports WHERE cdn = @cdn;

-- name: InsertLogImport :exec
INSERT INTO cdn_log_imports (cdn, length, hash, imported_at) VALUES (@cdn, @length, @hash, @imported_at);

-- name: DeleteLogImportsBefore :exec
DELETE FROM cdn_log_imports WHERE imported_at < @imported_at;
