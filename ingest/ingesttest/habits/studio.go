package habits

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/packager"
)

// Studio is a pipeline with its packager, without transcoding. A good stream, the
// witness, is on air in it all the time.
type Studio struct {
	Manager *live.Manager

	mu      sync.Mutex
	rolls   map[media.StreamID]*roll
	begun   time.Time
	witness chan error
	film    *Film
	hurried bool
}

// The streams of a studio: what a test publishes, and the witness. Each is its own key.
const (
	Key     = "show"
	witness = "witness"
)

// NewStudio starts one in a synctest bubble; it ends with the test. The witness publishes
// the film, which was made before.
func NewStudio(t testing.TB, film *Film) *Studio {
	t.Helper()
	return start(t, &Studio{film: film})
}

// NewHurriedStudio starts one for protocols that need sockets, so no bubble: media come as
// fast as they can, and [Want.Check] doesn't judge when.
func NewHurriedStudio(t testing.TB, film *Film) *Studio {
	t.Helper()
	return start(t, &Studio{film: film, hurried: true})
}

func start(t testing.TB, s *Studio) *Studio {
	t.Helper()
	s.rolls, s.begun, s.witness = make(map[media.StreamID]*roll), time.Now(), make(chan error, 1)
	s.Manager = live.NewManager(live.Config{
		Packager: packager.Config{}.WithDefaults(), Settings: live.Settings{Reconnect: time.Minute, Open: true}, Recorder: s.record,
	}, nobody{}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Manager.Run(ctx) })
	running.Go(func() { s.watch(ctx) })
	running.Go(func() { s.witness <- s.publishWitness(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s
}

// nobody has a key: Config.Open lets all in.
type nobody struct{}

func (nobody) Authorise(context.Context, string) (media.StreamID, error) {
	return "", ingest.ErrUnauthorized
}

// publishWitness publishes the film as it is.
func (s *Studio) publishWitness(ctx context.Context) error {
	sink, err := s.Manager.Open(ctx, ingest.Request{Protocol: "test", Remote: "witness", Key: witness, Kick: func(error) {}})
	if err != nil {
		return err
	}
	session := ingest.NewSession(sink, media.VideoTimescale, 0)
	err = s.feedWitness(ctx, session)
	session.Close(err)
	return err
}

func (s *Studio) feedWitness(ctx context.Context, session *ingest.Session) error {
	track, err := bitstream.AACTrack(s.film.AudioConfig)
	if err != nil {
		return err
	}
	session.Expect(true, true)
	if err := errors.Join(session.SetVideo(media.H264, bitstream.ParamSets{}), session.SetAudio(track)); err != nil {
		return err
	}
	begun := time.Now()
	for _, u := range s.film.units(0) {
		due := begun.Add(u.at)
		if s.hurried {
			due = begun
		}
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if u.kind == media.Audio {
			err = session.AudioFrames(s.film.SoundTime(u.index), [][]byte{s.film.Sounds[u.index]}, time.Now())
		} else {
			p := s.film.Pictures[u.index]
			err = session.VideoNALUnits(p.DTS, p.PTS-p.DTS, s.film.sets(p, p.Key), time.Now())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// watch notes the advice on a stream as it is given and taken back, and when the stream
// goes on air.
func (s *Studio) watch(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.Look()
	}
}

// Look notes how the test's stream is now.
func (s *Studio) Look() {
	report := s.Manager.Report(Key)
	stream, ok := s.Manager.Stream(Key)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rolls[Key]
	if r == nil {
		return
	}
	for _, a := range report.Advice {
		if !slices.ContainsFunc(r.advice, func(b Advised) bool { return a.Code == b.Code }) {
			r.advice = append(r.advice, Advised{a, time.Since(s.begun)})
		}
	}
	if stream.Status().State == live.OnAir && r.onAir == 0 {
		r.onAir = time.Since(s.begun)
	}
}

// roll keeps what a stream's recorder was told. Studio.mu guards it.
type roll struct {
	packager.Discard
	studio *Studio
	clips  map[string][]clip // by rendition
	advice []Advised
	onAir  time.Duration
}

type clip struct {
	packager.Entry
	chunks [][]byte
}

func (s *Studio) record(id media.StreamID) live.Recorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &roll{studio: s, clips: make(map[string][]clip)}
	s.rolls[id] = r
	return r
}

// Segment keeps what a segment holds.
func (r *roll) Segment(rendition string, s *packager.Segment) {
	r.studio.mu.Lock()
	defer r.studio.mu.Unlock()
	r.clips[rendition] = append(r.clips[rendition], clip{s.Entry, s.Chunks()})
}

// Pause, Finish and Close do nothing.
func (r *roll) Pause()  {}
func (r *roll) Finish() {}
func (r *roll) Close()  {}
