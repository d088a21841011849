package control

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/globalfandom/lightstick/control/statements"
	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/internal/sqlite"
	"github.com/globalfandom/lightstick/media"
)

var (
	// ErrNotFound: there is no such stream.
	ErrNotFound = errors.New("no such stream")
	// ErrNewer reports a database that this version can't read. Go on with the newer
	// one, or bring back a copy of the database from before.
	ErrNewer = sqlite.ErrNewer
	// ErrExists: another stream has that name.
	ErrExists = errors.New("a stream of that name exists already")
	// ErrName: the name can't be used.
	ErrName = errors.New("invalid name")
)

// Stream is a stream that somebody may publish to.
type Stream struct {
	ID       media.StreamID
	Name     string    // as people see it
	Created  time.Time // zero: nobody created it
	Settings StreamSettings
}

// Unregistered is a stream that nobody created: where anybody may publish, or a camera.
func Unregistered(id media.StreamID) Stream {
	return Stream{ID: id, Name: string(id), Settings: StreamSettings{Record: RecordDefault, Access: AccessDefault}}
}

// Registered reports whether somebody created the stream.
func (s Stream) Registered() bool { return !s.Created.IsZero() }

// Store is the database. It may be used concurrently, and by several processes.
type Store struct {
	db         *sql.DB
	statements *statements.Queries // by db
	path       string
	file       os.FileInfo // of path, when it was opened
}

// FileName is the database's file in the data directory.
const FileName = "lightstick.db"

// Open opens, and if needed makes, the database in the directory.
func Open(ctx context.Context, dir string) (*Store, error) {
	path := filepath.Join(dir, FileName)
	db, err := sqlite.Open(path)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	s := &Store{db: db, statements: statements.New(db), path: path}
	err = s.migrate(ctx)
	if err == nil {
		s.file, err = os.Stat(path)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return s, nil
}

// Ping reports why the database can't be used, or nil. A file that was removed or
// replaced still answers from the open one, but what is written to it is lost.
func (s *Store) Ping(ctx context.Context) error {
	file, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if !os.SameFile(file, s.file) {
		return fmt.Errorf("database %s was replaced while it was open; restart the server", s.path)
	}
	if _, err := s.statements.CountStreams(ctx); err != nil {
		return fmt.Errorf("database %s: %w", s.path, err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// maxName bounds a stream's name, in runes.
const maxName = 64

// CreateStream makes a stream and returns its key, which can't be read again. The
// ID is the name itself where it can stand in a URL, else made from it. It fails
// with ErrName, ErrExists or ErrSettings.
func (s *Store) CreateStream(ctx context.Context, name string, settings StreamSettings) (Stream, string, error) {
	name, err := streamName(name)
	if err != nil {
		return Stream{}, "", err
	}
	if err := settings.validate(); err != nil {
		return Stream{}, "", err
	}
	key := newKey()
	stream := Stream{ID: streamID(name), Name: name, Created: time.Now().Truncate(time.Millisecond), Settings: settings}
	record, retention, access := settings.columns()
	stream.Settings.Record, stream.Settings.Access = RecordMode(record), AccessMode(access)
	err = s.statements.InsertStream(ctx, statements.InsertStreamParams{
		ID: stream.ID, Name: name, KeyLookup: lookupPart(key), KeyHash: hash(key), CreatedAt: stream.Created.UnixMilli(),
		Record: record, Retention: retention, Access: access,
	})
	if err != nil {
		return Stream{}, "", nameTaken(err, name)
	}
	return stream, key, nil
}

// streamName is the name without the space around it. It fails with ErrName.
func streamName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return "", fmt.Errorf("%w: use 1 to %d characters, none of them control characters", ErrName, maxName)
	}
	return name, nil
}

// nameTaken makes ErrExists of what the database says about a second of the name.
func nameTaken(err error, name string) error {
	if strings.Contains(err.Error(), "UNIQUE constraint failed: streams") {
		return fmt.Errorf("%w: %q", ErrExists, name)
	}
	return err
}

// streamID makes an ID of a name: lower case, spaces as hyphens.
func streamID(name string) media.StreamID {
	slug := strings.Join(strings.Fields(strings.ToLower(name)), "-")
	if id, err := media.ParseStreamID(slug); err == nil {
		return id
	}
	return media.StreamID("s-" + randomid.Readable(8))
}

// Streams lists all streams, the oldest first.
func (s *Store) Streams(ctx context.Context) ([]Stream, error) {
	rows, err := s.statements.Streams(ctx)
	var streams []Stream
	for _, row := range rows {
		streams = append(streams, streamOf(statements.StreamRow(row)))
	}
	return streams, err
}

// Stream finds one stream. It fails with ErrNotFound.
func (s *Store) Stream(ctx context.Context, id media.StreamID) (Stream, error) {
	return findStream(ctx, s.statements, id)
}

func findStream(ctx context.Context, from *statements.Queries, id media.StreamID) (Stream, error) {
	row, err := from.Stream(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Stream{}, ErrNotFound
	}
	return streamOf(row), err
}

func streamOf(row statements.StreamRow) Stream {
	stream := Stream{
		ID: row.ID, Name: row.Name, Created: time.UnixMilli(row.CreatedAt),
		Settings: StreamSettings{Record: RecordMode(row.Record), Access: AccessMode(row.Access)},
	}
	if row.Retention.Valid {
		stream.Settings.Retention = new(time.Duration(row.Retention.Int64) * time.Second)
	}
	return stream
}

// DeleteStream removes a stream. It fails with ErrNotFound.
func (s *Store) DeleteStream(ctx context.Context, id media.StreamID) error {
	return affected(s.statements.DeleteStream(ctx, id))
}

// RotateKey gives a stream a new key and returns it; the old one is void. It
// fails with ErrNotFound.
func (s *Store) RotateKey(ctx context.Context, id media.StreamID) (string, error) {
	key := newKey()
	return key, affected(s.statements.UpdateKey(ctx, statements.UpdateKeyParams{ID: id, KeyLookup: lookupPart(key), KeyHash: hash(key)}))
}

// KeyVersions gives each stream a text that changes when its key does. It tells nothing
// about the key that could be published with.
func (s *Store) KeyVersions(ctx context.Context) (map[media.StreamID]string, error) {
	rows, err := s.statements.KeyHashes(ctx)
	if err != nil {
		return nil, err
	}
	versions := make(map[media.StreamID]string, len(rows))
	for _, row := range rows {
		versions[row.ID] = hex.EncodeToString(row.KeyHash)
	}
	return versions, nil
}

// affected is ErrNotFound if a statement has changed no row.
func affected(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrNotFound
	}
	return err
}

// Authorise finds the stream that a key belongs to. It fails with
// ingest.ErrUnauthorized.
func (s *Store) Authorise(ctx context.Context, key string) (media.StreamID, error) {
	stream, err := s.statements.StreamOfKey(ctx, lookupPart(key))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	// Unknown keys are compared as well, so that time tells nothing.
	if !equalHash(hash(key), stream.KeyHash) {
		return "", ingest.ErrUnauthorized
	}
	return stream.ID, nil
}

const tokenSetting = "api_token_hash"

// EnsureToken makes an API token if there is none yet; it is returned this once.
func (s *Store) EnsureToken(ctx context.Context) (token string, err error) {
	token = NewToken()
	if rows, err := s.statements.InsertSetting(ctx, tokenSetting, hash(token)); err != nil || rows == 0 {
		return "", err
	}
	return token, nil
}

// CheckToken reports whether the token is the one that EnsureToken made.
func (s *Store) CheckToken(ctx context.Context, token string) bool {
	want, err := s.statements.Setting(ctx, tokenSetting)
	return err == nil && equalHash(hash(token), want)
}
