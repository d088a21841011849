package store

import "errors"

var (
	// ErrNotFound: there is no such message, room, sanction or erasure.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the room's settings were saved with a revision as high or higher.
	// Load them and make the change again.
	ErrConflict = errors.New("was changed in the meantime")
	// ErrInvalid: what was given can't be kept or asked for: it is too long, is not
	// UTF-8, or lacks what it needs. To try again will not help.
	ErrInvalid = errors.New("not valid")
	// ErrUnavailable: the database is locked, its disk is full or can't be written.
	// To try again later may help.
	ErrUnavailable = errors.New("the chat's database can't be used now")
	// ErrCorrupt: the file is no database, or a damaged one. Move it away, or bring
	// back a copy.
	ErrCorrupt = errors.New("the chat's database is damaged")
	// ErrNewer: a newer version wrote the database. Go on with that version, or bring
	// back a copy from before.
	ErrNewer = errors.New("the chat's database is of a newer version")
)
