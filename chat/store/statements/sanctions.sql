-- name: InsertSanction :exec
INSERT INTO sanctions (room, kind, "user", network, name, until, created, "by", by_role, reason)
VALUES (@room, @kind, @user, @network, @name, @until, @created, @by, @by_role, @reason);

-- name: DeleteSanction :execrows
DELETE FROM sanctions WHERE room = @room AND kind = @kind AND "user" IN (@user, @pseudonym) AND network = @network;

-- name: DeleteSanctionsOfRoom :execrows
DELETE FROM sanctions WHERE seq IN (SELECT old.seq FROM sanctions AS old WHERE old.room = @room LIMIT @count);

-- name: DeleteSanctionsEndedBefore :execrows
DELETE FROM sanctions WHERE seq IN (SELECT old.seq FROM sanctions AS old WHERE old.until > 0 AND old.until < @until ORDER BY old.until LIMIT @count);

-- name: DeleteEndedSanctionsOfUser :exec
DELETE FROM sanctions WHERE "user" = @user AND until > 0 AND until <= @now;

-- name: RenameSanctions :execrows
UPDATE OR REPLACE sanctions SET "user" = @pseudonym, name = '', reason = '' WHERE "user" = @user;

-- name: RenameSanctionsBy :exec
UPDATE sanctions SET "by" = @pseudonym WHERE "by" = @user;
