package live

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode"
)

// State is how a stream is, seen from outside.
type State string

// The states, in the order in which a stream goes through them.
const (
	Offline      State = "offline"
	Starting     State = "starting"     // a publisher is there, but nothing to play yet
	OnAir        State = "live"         //
	Reconnecting State = "reconnecting" // the publisher is gone, for now
	Ended        State = "ended"        //
)

// Status is a stream as viewers may know it.
type Status struct {
	State       State
	Publication string    // ID of the latest publication
	Started     time.Time // of the first publication; zero before it
	Video       bool      // there is a picture
	// Stopped says while Reconnecting that the publisher ended its publication: it may
	// come back, but it wasn't lost.
	Stopped bool
}

// Names of the renditions that come from the source itself.
const (
	sourceName = "source"
	audioName  = "audio"
)

// Stream is one stream from its first publication to its end.
type Stream struct {
	id       media.StreamID
	manager  *Manager
	log      *slog.Logger
	packager *packager.Stream
	recorder Recorder
	closed   sync.Once // recorder
	stats    stats
	intake   intake

	mu          sync.Mutex
	publication *publication // nil: nobody publishes
	latest      string       // ID of the latest publication's epoch
	started     time.Time
	origin      time.Time   // wall-clock time of media time 0
	mediaEnd    media.Ticks // how far the media time has come, at 90 kHz
	onAir       bool        // the publication has begun an epoch
	stopped     bool        // the last publisher ended its publication, rather than being lost
	gone        time.Time   // when the last publisher left
	video       bool
	ended       bool
	endedAt     time.Time
	rungs       []transcode.Rung // those already in the playlists
	advice      []ingest.Advice
	advised     map[string]time.Time // when each code of advice was logged
}

func newStream(id media.StreamID, m *Manager) *Stream {
	s := &Stream{id: id, manager: m, log: m.log.With("stream", id), recorder: m.cfg.Recorder(id), gone: time.Now()}
	s.packager = packager.NewStream(m.cfg.Packager, s.recorder, m.timedObjects(id)...)
	return s
}

// resumeStream makes the stream that an earlier run of the server left.
func resumeStream(id media.StreamID, m *Manager, r Resumed) (*Stream, error) {
	s := &Stream{
		id: id, manager: m, log: m.log.With("stream", id), recorder: r.Recorder, gone: time.Now(),
		started: r.Started, video: r.video(),
	}
	timed := m.timedObjects(id)
	var err error
	if s.packager, err = packager.Restore(m.cfg.Packager, r.Recorder, r.History, r.Locate, timed...); err != nil {
		for _, series := range timed {
			series.Source.End()
		}
		return nil, err
	}
	for _, rendition := range r.History.Renditions {
		for _, e := range rendition.Entries {
			end := e.Start + media.TicksOf(e.Duration, media.VideoTimescale)
			s.mediaEnd = max(s.mediaEnd, end)
			s.origin = e.ProgramDateTime.Add(-e.Start.Duration(media.VideoTimescale))
			s.latest = e.Epoch
		}
	}
	return s, nil
}

// timedObjects are the series of timed objects of a stream that begins.
func (m *Manager) timedObjects(id media.StreamID) []packager.TimedObjectSeries {
	if m.cfg.TimedObjects == nil {
		return nil
	}
	var series []packager.TimedObjectSeries
	for name, source := range m.cfg.TimedObjects(id) {
		series = append(series, packager.TimedObjectSeries{Name: name, Source: source})
	}
	return series
}

// ID is the stream's name.
func (s *Stream) ID() media.StreamID { return s.id }

// Packager is what the stream serves.
func (s *Stream) Packager() *packager.Stream { return s.packager }

// Status says how the stream is.
func (s *Stream) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Publication: s.latest, Started: s.started, Video: s.video, State: OnAir}
	switch {
	case s.ended:
		st.State = Ended
	case !isClosed(s.packager.Ready()):
		st.State = Starting
		if s.publication == nil {
			st.State = Offline
		}
	case s.publication == nil || !s.onAir:
		st.State, st.Stopped = Reconnecting, s.publication == nil && s.stopped
	}
	return st
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// attach makes r the stream's publisher, or returns the one that is. ended means that the
// stream has ended, and takes none.
func (s *Stream) attach(r ingest.Request) (p, current *publication, ended bool) {
	p = newPublication(s, r)
	s.mu.Lock()
	switch {
	case s.ended:
		s.mu.Unlock()
		return nil, nil, true
	case s.publication != nil:
		defer s.mu.Unlock()
		return nil, s.publication, false
	}
	s.publication, s.onAir = p, false
	s.mu.Unlock()
	s.intake.reset(r, p.begun)
	s.logPublisher(slog.LevelInfo, r, nil, "publisher connected")
	return p, nil, false
}

// logPublisher logs what a publisher does. One that comes and goes again and again does not fill the
// log.
func (s *Stream) logPublisher(level slog.Level, r ingest.Request, err error, message string, args ...any) {
	args = append([]any{"protocol", r.Protocol, "remote", r.Remote}, args...)
	if err != nil {
		args = append(args, "err", err)
	}
	s.manager.lines.Log(s.log, level, string(s.id)+" "+r.Protocol+" "+repeatlog.About(r.Remote, err), message, args...)
}

// publisher is the publication that goes on now, or nil.
func (s *Stream) publisher() *publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.publication
}

// detach removes the publication, of which everything is packaged; stopped means that
// its publisher ended it. Nobody else can publish before the recorder knows of the pause.
func (s *Stream) detach(stopped bool) {
	s.recorder.Pause()
	s.mu.Lock()
	s.publication, s.advice, s.stopped = nil, nil, stopped
	s.gone = time.Now()
	s.mu.Unlock()
	s.manager.wake()
}

// beginEpoch notes an epoch of the publication: tracks are known and samples follow.
func (s *Stream) beginEpoch(id string, video bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest, s.video, s.onAir = id, video, true
	if s.started.IsZero() {
		s.started = time.Now()
	}
}

// claimRungs are the rungs for a source: what the ladder says, and those that are
// in the playlists already, which must go on.
func (s *Stream) claimRungs(source media.Track) []transcode.Rung {
	if s.manager.cfg.FFmpeg == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.manager.cfg.Ladder.Rungs(source) {
		if !slices.Contains(s.rungs, r) {
			s.rungs = append(s.rungs, r)
		}
	}
	return slices.Clone(s.rungs)
}

func (s *Stream) finished() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// endIfOverdue ends a stream whose publisher did not come back. over means that it ended long
// enough ago to be removed; else next is when to look again, zero while nothing is due.
func (s *Stream) endIfOverdue(now time.Time) (over bool, next time.Time) {
	s.mu.Lock()
	overdue := s.publication == nil && !s.ended && !now.Before(s.gone.Add(s.manager.cfg.Reconnect))
	if overdue {
		s.ended, s.endedAt = true, now
	}
	never := s.started.IsZero()
	switch {
	case s.ended:
		next = s.endedAt.Add(endedTTL)
		over = !now.Before(next) || overdue && never
	case s.publication == nil:
		next = s.gone.Add(s.manager.cfg.Reconnect)
	}
	s.mu.Unlock()
	if overdue {
		s.finish()
		if !never {
			s.log.Info("stream ended")
		}
	}
	return over, next
}

// remove ends the stream with its publication, whatever state it is in.
func (s *Stream) remove(reason error) {
	s.shutDown(reason)
	s.mu.Lock()
	s.ended, s.endedAt = true, time.Now()
	s.mu.Unlock()
	s.finish()
	s.closeRecorder()
}

// shutDown ends the publication and waits until it is packaged. The stream itself goes
// on when the server is back.
func (s *Stream) shutDown(reason error) {
	if p := s.publisher(); p != nil {
		p.request.Kick(reason)
		select {
		case <-p.done:
		case <-time.After(handoverTimeout):
			s.log.Warn("publisher did not end in time", "remote", p.request.Remote)
		}
	}
}

// finish ends the playlists, for good.
func (s *Stream) finish() {
	s.packager.Finish()
	s.recorder.Finish()
}

// closeRecorder says that nobody asks for the stream any more, once: who removes a stream and
// who replaces it may meet.
func (s *Stream) closeRecorder() { s.closed.Do(s.recorder.Close) }

// newPublicationID is a random name that no other publication has had.
func newEpochID() string { return randomid.Hex(12) }
