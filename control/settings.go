package control

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/control/statements"
	"github.com/globalfandom/lightstick/internal/sqlite"
	"github.com/globalfandom/lightstick/media"
)

// ErrSettings reports settings that a stream can't have; the error that wraps it
// says why.
var ErrSettings = errors.New("invalid setting")

// RecordMode says whether a stream is recorded.
type RecordMode string

// The modes.
const (
	RecordDefault RecordMode = "default" // as record.default says
	RecordOn      RecordMode = "on"
	RecordOff     RecordMode = "off"
)

// AccessMode says who may watch a stream.
type AccessMode string

// The modes.
const (
	AccessDefault AccessMode = "default" // as playback.auth says
	AccessPublic  AccessMode = "public"  // anybody
	AccessToken   AccessMode = "token"   // who has a playback token
)

// StreamSettings is what a stream's owner decides about its recordings and viewers. The
// zero value leaves all to the configuration.
type StreamSettings struct {
	Record RecordMode // "" is RecordDefault
	Access AccessMode // "" is AccessDefault
	// Retention is how long finished recordings are kept, in whole seconds; 0:
	// forever; nil: as record.retention says.
	Retention *time.Duration
}

// Recorded reports whether to record, given what record.default says.
func (s StreamSettings) Recorded(byDefault bool) bool {
	return s.Record == RecordOn || byDefault && s.Record != RecordOff
}

// Kept is how long recordings are kept, given what record.retention says; 0: forever.
func (s StreamSettings) Kept(byDefault time.Duration) time.Duration {
	if s.Retention == nil {
		return byDefault
	}
	return *s.Retention
}

func (s StreamSettings) validate() error {
	switch s.Record {
	case "", RecordDefault, RecordOn, RecordOff:
	default:
		return fmt.Errorf("%w: record: %q; use on, off or default", ErrSettings, s.Record)
	}
	switch s.Access {
	case "", AccessDefault, AccessPublic, AccessToken:
	default:
		return fmt.Errorf("%w: access: %q; use public, token or default", ErrSettings, s.Access)
	}
	if r := s.Retention; r != nil && (*r < 0 || *r%time.Second != 0) {
		return fmt.Errorf("%w: retention: %v; use whole seconds, or forever", ErrSettings, *r)
	}
	return nil
}

// columns are the settings as the table holds them.
func (s StreamSettings) columns() (record string, retention sql.NullInt64, access string) {
	s.Access = cmp.Or(s.Access, AccessDefault)
	s.Record = cmp.Or(s.Record, RecordDefault)
	if s.Retention != nil {
		retention = sql.NullInt64{Int64: int64(*s.Retention / time.Second), Valid: true}
	}
	return string(s.Record), retention, string(s.Access)
}

// Retention in words.
const (
	retentionDefault = "default"
	retentionForever = "forever"
)

// ParseRetention reads "default" (nil), "forever" (0) or a duration of whole
// seconds such as 720h. It fails with ErrSettings.
func ParseRetention(text string) (*time.Duration, error) {
	switch text {
	case retentionDefault:
		return nil, nil
	case retentionForever:
		return new(time.Duration), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d%time.Second != 0 {
		return nil, fmt.Errorf("%w: retention: %q; use a duration of whole seconds such as 720h, forever, or default", ErrSettings, text)
	}
	return &d, nil
}

// FormatRetention writes what ParseRetention reads.
func FormatRetention(d *time.Duration) string {
	switch {
	case d == nil:
		return retentionDefault
	case *d == 0:
		return retentionForever
	}
	text := d.String()
	if *d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if *d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// StreamUpdate is what to change of a stream; what is nil stays.
type StreamUpdate struct {
	Name      *string
	Record    *RecordMode
	Retention *string // as ParseRetention reads it
	Access    *AccessMode
}

// UpdateStream changes a stream; its ID stays. It fails with ErrNotFound, ErrName,
// ErrExists or ErrSettings, and has changed nothing then.
func (s *Store) UpdateStream(ctx context.Context, id media.StreamID, change StreamUpdate) (stream Stream, err error) {
	err = sqlite.Transaction(ctx, s.db, func(tx *sqlite.Tx) error {
		write := statements.New(tx)
		if stream, err = findStream(ctx, write, id); err != nil {
			return err
		}
		if err := change.apply(&stream); err != nil {
			return err
		}
		record, retention, access := stream.Settings.columns()
		err := write.UpdateStream(ctx, statements.UpdateStreamParams{
			ID: id, Name: stream.Name, Record: record, Retention: retention, Access: access,
		})
		if err != nil {
			return nameTaken(err, stream.Name)
		}
		return nil
	})
	if err != nil {
		return Stream{}, err
	}
	return stream, nil
}

func (u StreamUpdate) apply(stream *Stream) (err error) {
	if u.Name != nil {
		if stream.Name, err = streamName(*u.Name); err != nil {
			return err
		}
	}
	if u.Record != nil {
		stream.Settings.Record = *u.Record
	}
	if u.Access != nil {
		stream.Settings.Access = *u.Access
	}
	if u.Retention != nil {
		if stream.Settings.Retention, err = ParseRetention(*u.Retention); err != nil {
			return err
		}
	}
	return stream.Settings.validate()
}

// StreamSettings is what holds for a stream. A stream that nobody created (an open
// server's, or a camera's) has none of its own: the zero value, and no error.
func (s *Store) StreamSettings(ctx context.Context, id media.StreamID) (StreamSettings, error) {
	stream, err := s.Stream(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return StreamSettings{}, nil
	}
	return stream.Settings, err
}

// Guarded are the streams that say themselves who may watch: whether those need a playback
// token.
func (s *Store) Guarded(ctx context.Context) (map[string]bool, error) {
	rows, err := s.statements.StreamAccess(ctx)
	if err != nil {
		return nil, err
	}
	guarded := make(map[string]bool, len(rows))
	for _, row := range rows {
		guarded[string(row.ID)] = AccessMode(row.Access) == AccessToken
	}
	return guarded, nil
}
