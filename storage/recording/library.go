package recording

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Library keeps everything that streams produce. One goroutine writes for all of
// them: the media path never waits for a disk. When the disk fails or falls behind,
// segments stay in memory, which the packager bounds by the live window.
//
// Its methods may be called by any number of goroutines. Each is that of one of its parts.
type Library struct {
	metrics    *metrics
	files      *files
	queue      *writeQueue
	worker     *worker
	live       *broadcasts
	catalogue  *catalogue
	replicator *replicator
	tombstones *tombstones
	remover    *remover
	recorders  *recorders
	views      *views
	clipper    *clipper
	exporter   *exporter
	rewriter   *rewriter
}

// Open opens the library in a directory, and if needed makes it.
func Open(cfg Config) (*Library, error) {
	l := &Library{metrics: newMetrics(), worker: newWorker()}
	var err error
	if l.files, err = openFiles(cfg.Dir, cfg.Remote, l.worker.ctx); err != nil {
		return nil, err
	}
	l.queue = newWriteQueue(cfg.Dir, cfg.Log, l.metrics)
	l.live = newBroadcasts(l.queue)
	l.catalogue = &catalogue{l.files, l.live, cfg.Log}
	writer := &recordingWriter{cfg.Packager, l.files, l.catalogue}
	l.replicator = &replicator{
		replicas: cfg.Replicas, files: l.files, catalogue: l.catalogue, queue: l.queue, log: cfg.Log,
		active: make(map[string]replicaWriters),
	}
	l.tombstones = &tombstones{filepath.Join(cfg.Dir, tombstoneDir), l.replicator, cfg.Log}
	l.views = &views{files: l.files, catalogue: l.catalogue, tombstones: l.tombstones, writer: writer, cache: newViewCache()}
	l.remover = &remover{l.files, l.live, l.catalogue, writer, l.replicator, l.tombstones, l.views.cache, cfg.Deleted, cfg.Log}
	descriptions := &describer{l.files, l.catalogue, l.replicator, make(chan struct{}, 1)}
	thumbnails := &thumbnailer{cfg.FFmpeg, l.files, descriptions, cfg.Log}
	maker := &recordingMaker{l.files, l.live, l.queue, writer, l.replicator, l.remover, thumbnails, cfg.Log}
	l.recorders = &recorders{
		segmentDuration: cfg.Packager.SegmentDuration, policy: cfg.Policy, metrics: l.metrics, files: l.files, queue: l.queue, worker: l.worker,
		live: l.live, catalogue: l.catalogue, replicator: l.replicator, remover: l.remover, maker: maker, log: cfg.Log,
	}
	l.clipper = &clipper{l.files, l.live, l.worker, l.catalogue, writer, l.replicator, thumbnails}
	l.exporter = newExporter(cfg.FFmpeg, l.files, l.worker, l.catalogue, descriptions, cfg.Log)
	l.rewriter = &rewriter{l.files, l.catalogue, writer, l.replicator, l.remover, l.views.cache, make(chan struct{}, 1)}
	return l, nil
}

// Run writes until ctx is cancelled, and then what is queued. Recordings that are
// being made then are made at the next start.
func (l *Library) Run(ctx context.Context) error {
	defer l.worker.stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	l.worker.start(l.remover.deleteExpired)
	for {
		l.queue.runJobs(false)
		select {
		case <-l.queue.wake:
		case <-sweep.C:
			l.worker.start(l.remover.deleteExpired)
		case <-ctx.Done():
			l.queue.runJobs(true)
			l.live.closeJournals()
			return nil
		}
	}
}

// Close closes the library, which must not be used any more.
func (l *Library) Close() error { return l.files.root.Close() }

// Recorder makes the recorder of a stream's next broadcast.
func (l *Library) Recorder(id media.StreamID) *BroadcastRecorder { return l.recorders.recorder(id) }

// Resume finds the broadcasts that may go on, and finishes those that are over. It is
// called once, before Run.
func (l *Library) Resume() []UnfinishedBroadcast {
	unfinished := l.recorders.resumeAll()
	l.tombstones.resume()
	for _, id := range l.files.streams() {
		l.files.removeEmpty(id)
	}
	l.worker.start(l.replicator.copyMissing)
	return unfinished
}

// List gives the recordings of a stream, or of all when id is "", the newest first.
func (l *Library) List(ctx context.Context, id media.StreamID) ([]Recording, error) {
	return l.catalogue.list(ctx, id)
}

// Get finds a recording. It fails with ErrNotFound.
func (l *Library) Get(_ context.Context, id string) (Recording, error) { return l.catalogue.find(id) }

// Newest is the ID of the stream's newest recording that is no clip, or "".
func (l *Library) Newest(id media.StreamID) string { return l.catalogue.newest(id) }

// Delete removes a recording with everything of it that no clip needs, here and in
// all storages. It fails with ErrNotFound.
func (l *Library) Delete(_ context.Context, id string) error { return l.remover.deleteRecording(id) }

// Clip makes a recording of a stretch of another, or of a stream's broadcast that
// goes on: playlists over the segments that are there, without copying any. It fails
// with ErrNotFound or ErrSpan.
func (l *Library) Clip(ctx context.Context, r ClipRequest) (Recording, error) {
	return l.clipper.clip(ctx, r)
}

// Export begins to make a recording's MP4, and returns at once. It fails with
// ErrNotFound, or ErrBusy.
func (l *Library) Export(_ context.Context, id string) error { return l.exporter.export(id) }

// ExportState is "", "running", "failed" or "done", how far it is (0 to 1), and what
// went wrong.
func (l *Library) ExportState(id string) (state string, progress float64, failure string) {
	return l.exporter.stateOf(id)
}

// Rewrite changes what the timed objects of all recordings and clips of a stream hold, as
// the erasure of a person's data needs it. An object that changes gets a new name, for
// caches keep what they have; the old one is deleted here and in all storages, and
// Config.Deleted is told of its publication.
func (l *Library) Rewrite(ctx context.Context, r RewriteRequest) (RewriteResult, error) {
	return l.rewriter.rewrite(ctx, r)
}

// Recorded reports whether the stream's last broadcast is over and its recording can
// be watched in its place.
func (l *Library) Recorded(id media.StreamID) bool { return l.live.isRecorded(id) }

// Recording is what serves a recording's playlists, from its directory. It fails with
// ErrNotFound.
func (l *Library) Recording(ctx context.Context, id media.StreamID, recording string) (*packager.Stream, error) {
	return l.views.stream(ctx, viewKey{id, recording, upToStream})
}

// Latest is what serves the playlists of a stream that is not on air any more: those
// of its newest recording. It fails with ErrNotFound.
func (l *Library) Latest(ctx context.Context, id media.StreamID) (*packager.Stream, error) {
	newest := l.catalogue.newest(id)
	if newest == "" {
		return nil, ErrNotFound
	}
	return l.views.stream(ctx, viewKey{id, newest, ""})
}

// RecordingContains reports whether a file of a stream's publication is media of a recording: an
// initialization section, or a segment or object that it lists.
func (l *Library) RecordingContains(ctx context.Context, id media.StreamID, recording, publication, file string) bool {
	return l.views.contains(ctx, viewKey{id, recording, upToStream}, publication, file)
}

// Open opens an immutable object, from the disk or the remote storage. It fails with
// objectstore.ErrNotFound.
func (l *Library) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	return l.files.open(ctx, key)
}

// Small reads an object that may change, from the disk or the remote storage. It
// fails with objectstore.ErrNotFound.
func (l *Library) Small(ctx context.Context, key string) ([]byte, error) {
	return l.files.small(ctx, key)
}

// Describe implements prometheus.Collector.
func (l *Library) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(l, ch) }

// Collect implements prometheus.Collector.
func (l *Library) Collect(ch chan<- prometheus.Metric) { l.metrics.collect(ch) }
