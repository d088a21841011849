package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode"
)

// epoch is a stretch of a publication in which its tracks do not change.
type epoch struct {
	id     string
	stream *Stream
	base   [2]media.Ticks // added to DTS, in the track's timescale
	names  [2]string      // renditions of the source's tracks
	scale  [2]media.Timescale
	worker *transcode.Worker
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// drainTimeout is how long the worker may take to give out its last frames.
const drainTimeout = time.Second

func newEpoch(p *publication) (*epoch, error) {
	e := &epoch{id: newEpochID(), stream: p.stream}
	begin := packager.Epoch{
		ID: e.id, Clock: media.Clock{Start: p.anchor.start, Origin: p.base},
		Tracks: make(map[string]media.Track),
	}
	for kind, name := range map[media.Kind]string{media.Audio: audioName, media.Video: sourceName} {
		if t := p.tracks[kind]; t.Codec != 0 {
			begin.Tracks[name] = t
			e.names[kind], e.scale[kind] = name, t.Timescale
			e.base[kind] = media.Rescale(p.base, media.VideoTimescale, t.Timescale)
		}
	}
	video := p.tracks[media.Video]
	begin.Leader = sourceName
	if video.Codec == 0 {
		begin.Leader = audioName
	}
	if err := p.stream.packager.Begin(begin); err != nil {
		return nil, err
	}
	p.stream.beginEpoch(e.id, video.Codec != 0)
	p.stream.logPublisher(slog.LevelInfo, p.request, nil, "publishing",
		"video", video.Codec.String(), "width", video.Width, "height", video.Height,
		"audio", p.tracks[media.Audio].Codec.String(), "publication", e.id)
	if video.Codec != 0 {
		e.startWorker(video)
	}
	return e, nil
}

func (e *epoch) startWorker(source media.Track) {
	rungs := e.stream.claimRungs(source)
	if len(rungs) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background()) // ends with the epoch
	e.cancel = cancel
	e.worker = transcode.New(transcode.Config{
		FFmpeg: e.stream.manager.cfg.FFmpeg, Source: source, Rungs: rungs,
	}, rungOutput{e}, e.stream.log)
	e.stream.stats.worker.Store(e.worker)
	e.wg.Go(func() {
		if err := e.worker.Run(ctx); err != nil {
			e.stream.log.Error("transcoding ended", "err", err)
		}
	})
}

// rungOutput takes what the worker makes.
type rungOutput struct{ e *epoch }

func (o rungOutput) SetTrack(rung string, t media.Track) error {
	return o.e.stream.packager.SetTrack(rung, o.e.id, t)
}

func (o rungOutput) Write(rung string, s media.Sample) { o.e.stream.packager.Write(rung, s) }

// write passes a sample on, on the stream's timeline.
func (e *epoch) write(k media.Kind, s media.Sample) {
	if e.names[k] == "" {
		return // a track that came too late to be announced: SetTrack begins anew
	}
	s.DTS += e.base[k]
	e.stream.advance(media.Rescale(s.PTS(), e.scale[k], media.VideoTimescale))
	e.stream.packager.Write(e.names[k], s)
	if k == media.Video && e.worker != nil {
		e.worker.Write(s)
	}
}

// update makes known what was learnt of a track, captions for example.
func (e *epoch) update(t media.Track) error {
	name := e.names[t.Kind()]
	if name == "" || e.stream.packager.Muxed(t.Kind()) {
		return nil
	}
	return e.stream.packager.SetTrack(name, e.id, t)
}

// end finishes the segments: the worker gives out what it has, for a bounded time.
func (e *epoch) end() {
	if e.worker != nil {
		e.worker.Finish()
		timer := time.AfterFunc(drainTimeout, e.cancel)
		e.wg.Wait()
		timer.Stop()
		e.cancel()
	}
	e.stream.packager.End()
}

// advance notes how far the stream's media time has come.
func (s *Stream) advance(t media.Ticks) {
	s.mu.Lock()
	s.mediaEnd = max(s.mediaEnd, t+1)
	s.mu.Unlock()
}
