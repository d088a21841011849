-- name: InsertAudit :one
INSERT INTO audit (at, room, act, actor, actor_name, "user", user_name, network, message, reason, detail)
VALUES (@at, @room, @act, @actor, @actor_name, @user, @user_name, @network, @message, @reason, @detail)
RETURNING id;

-- name: DeleteAuditOfRoom :execrows
DELETE FROM audit WHERE id IN (SELECT old.id FROM audit AS old WHERE old.room = @room LIMIT @count);

-- name: DeleteAuditBefore :execrows
DELETE FROM audit WHERE id IN (SELECT old.id FROM audit AS old WHERE old.at < @at ORDER BY old.at LIMIT @count);

-- name: AuditTraces :many
-- Actions by a user, about them, about a message of theirs, or with their ID in the details.
SELECT id, actor, "user", CAST(theirs AS INTEGER) AS theirs, detail FROM (
    SELECT audit.id, audit.actor, audit."user", audit.detail, audit.message <> '' AND EXISTS (
        SELECT 1 FROM entries WHERE entries.room = audit.room AND entries.id = audit.message
            AND entries."user" = @user AND entries.kind = '') AS theirs
    FROM audit WHERE audit.id > @after) AS traces
WHERE actor = @user OR "user" = @user OR theirs OR instr(detail, @quoted) > 0 ORDER BY id LIMIT @count;

-- name: RenameActor :exec
UPDATE audit SET actor = @pseudonym, actor_name = '', detail = @detail WHERE id = @id;

-- name: BlankAudit :exec
UPDATE audit SET "user" = CASE "user" WHEN @user THEN @pseudonym ELSE "user" END,
    user_name = '', network = '', reason = '', detail = '' WHERE id = @id;

-- name: RewriteAuditDetail :exec
UPDATE audit SET detail = @detail WHERE id = @id;
