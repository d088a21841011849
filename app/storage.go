package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
	"github.com/globalfandom/lightstick/storage/replication"
)

// storage is the library on disk, and the buckets that it is copied to.
type storage struct {
	library  *recording.Library
	replicas []*replication.BucketReplica
	buckets  []*objectstore.S3
	cache    *objectstore.Cache // nil: there is no bucket to read from
}

func openStorage(ctx context.Context, cfg *config.Config, dir string, packaging packager.Config, streams *control.Store, deleted func(media.StreamID, string, []string), log *slog.Logger) (_ *storage, err error) {
	s := &storage{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	var replicas []recording.Replica
	var sources []objectstore.Store
	for _, place := range cfg.Storage.Buckets() {
		bucket, err := objectstore.NewS3(ctx, place)
		if err != nil {
			return nil, err
		}
		s.buckets = append(s.buckets, bucket)
		sources = append(sources, bucket)
		replica := replication.New(replication.Config{
			Name: place.Name, Store: bucket, Check: bucket.Check, Permanent: objectstore.Permanent, Packager: packaging,
			Local: func(key string) (io.ReadSeekCloser, error) {
				return os.Open(filepath.Join(dir, filepath.FromSlash(key)))
			},
			Settings: cfg.Replication, Log: log,
		})
		s.replicas = append(s.replicas, replica)
		replicas = append(replicas, replica)
		log.Info("publishing to storage", "storage", place.Name, "endpoint", place.Endpoint, "bucket", place.Bucket, "prefix", place.Prefix)
	}
	library := recording.Config{
		Dir: dir, Packager: packaging, Policy: policies{cfg, streams}.of, Replicas: replicas,
		FFmpeg: cfg.Transcode.FFmpeg, Deleted: deleted, Log: log,
	}
	if len(sources) > 0 {
		if s.cache, err = objectstore.NewCache(filepath.Join(dir, "cache"), int64(cfg.Storage.Cache), sources...); err != nil {
			return nil, err
		}
		library.Remote = s.cache
	}
	s.library, err = recording.Open(library)
	return s, err
}

func (s *storage) close() {
	if s.library != nil {
		_ = s.library.Close()
	}
	if s.cache != nil {
		s.cache.Close()
	}
	for _, b := range s.buckets {
		b.Close()
	}
}

// run runs the library and copies it until ctx ends; then what waits is written, and
// copied for a moment.
func (s *storage) run(ctx context.Context) error {
	var g errgroup.Group
	copying, stop := context.WithCancel(context.WithoutCancel(ctx))
	for _, r := range s.replicas {
		g.Go(func() error { return r.Run(copying) })
	}
	err := s.library.Run(ctx)
	stop()
	return errors.Join(err, g.Wait())
}

// resume lets the streams go on that an earlier run of the server left.
func (s *storage) resume(m *live.Manager, log *slog.Logger) {
	for _, u := range s.library.Resume() {
		err := m.Resume(live.Resumed{
			ID: u.Recorder.ID(), Recorder: u.Recorder, History: u.History, Locate: u.Locate, Started: u.Recorder.Begun(),
		})
		if err != nil {
			log.Error("resuming a stream failed; its broadcast ends", "stream", u.Recorder.ID(), "err", err)
			u.Recorder.Finish()
			u.Recorder.Close()
			continue
		}
		log.Info("stream resumed after a restart", "stream", u.Recorder.ID(), "last_picture", u.LastEnd)
	}
}

// policies say what becomes of broadcasts.
type policies struct {
	cfg     *config.Config
	streams *control.Store
}

func (p policies) of(ctx context.Context, id media.StreamID) (recording.Policy, error) {
	stream, err := p.streams.Stream(ctx, id)
	switch {
	case errors.Is(err, control.ErrNotFound): // publish.open
		stream.Name = string(id)
	case err != nil:
		return recording.Policy{}, err
	}
	return recording.Policy{
		Title:     stream.Name,
		Record:    stream.Settings.Recorded(p.cfg.Record.Default),
		Retention: stream.Settings.Kept(p.cfg.Record.Retention),
	}, nil
}
