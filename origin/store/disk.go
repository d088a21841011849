package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

// queueLen is how many writes and removals may wait. When it is full, segments
// stay in memory only, and removals are left to the end of their stream.
const queueLen = 1024

// Disk keeps segments in files below one directory.
type Disk struct {
	dir     string
	log     *slog.Logger
	jobs    chan job
	closed  chan struct{}
	streams atomic.Uint64 // made so far
	failing bool          // Run only: the last write failed, and has been logged

	failures prometheus.Counter
	skipped  prometheus.Counter
	failed   prometheus.Gauge
	written  prometheus.Counter
}

// NewDisk uses the directory, which it makes and empties of what an earlier run
// left: live windows do not outlive the process.
func NewDisk(dir string, log *slog.Logger) (*Disk, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lightstick_store_" + name, Help: help})
	}
	return &Disk{
		dir: dir, log: log, jobs: make(chan job, queueLen), closed: make(chan struct{}),
		failures: counter("write_errors_total", "Segments that could not be written to disk."),
		skipped:  counter("skipped_total", "Segments not written because the disk was too slow."),
		written:  counter("written_bytes_total", "Bytes written to disk."),
		failed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lightstick_store_failing", Help: "1 while writes fail; live goes on from memory.",
		}),
	}, nil
}

// Describe implements prometheus.Collector.
func (d *Disk) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(d, ch) }

// Collect implements prometheus.Collector.
func (d *Disk) Collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{d.failures, d.skipped, d.written, d.failed} {
		c.Collect(ch)
	}
}

// Run writes until ctx is cancelled, and then what is queued.
func (d *Disk) Run(ctx context.Context) error {
	defer close(d.closed)
	for {
		select {
		case j := <-d.jobs:
			d.do(j)
		case <-ctx.Done():
			for {
				select {
				case j := <-d.jobs:
					d.do(j)
				default:
					return nil
				}
			}
		}
	}
}

// job is one write or removal.
type job struct {
	write bool
	run   func() error
}

// do runs one job. A failing disk is logged when it begins and when it ends, not
// in between.
func (d *Disk) do(j job) {
	err := j.run()
	if !j.write {
		return // what can't be removed now goes when its stream or the server ends
	}
	switch {
	case err != nil && !d.failing:
		d.log.Error("segments can't be written to disk; live goes on from memory", "err", err)
	case err == nil && d.failing:
		d.log.Info("segments are written to disk again")
	}
	if d.failing = err != nil; d.failing {
		d.failures.Inc()
		d.failed.Set(1)
	} else {
		d.failed.Set(0)
	}
}

// submit queues a job unless the queue is full or closed.
func (d *Disk) submit(j job) bool {
	select {
	case <-d.closed:
		return false
	default:
	}
	select {
	case d.jobs <- j:
		return true
	default:
		return false
	}
}

// Stream makes the recorder of one stream. Its directory is its own, also among
// streams of the same name one after the other.
func (d *Disk) Stream(id media.StreamID) *Stream {
	name := url.PathEscape(string(id)) + "~" + strconv.FormatUint(d.streams.Add(1), 36)
	return &Stream{disk: d, dir: filepath.Join(d.dir, name)}
}

// Stream records the segments of one stream. It implements packager.Recorder.
type Stream struct {
	disk *Disk
	dir  string
}

// Init does nothing: initialization sections are small and stay in memory.
func (s *Stream) Init(string, packager.Init) {}

// Shape does nothing.
func (s *Stream) Shape(packager.Shape) {}

// DateRange does nothing.
func (s *Stream) DateRange(hls.DateRange) {}

// Segment queues a segment to be written.
func (s *Stream) Segment(rendition string, seg *packager.Segment) {
	if seg.Gap {
		return
	}
	path := s.path(rendition, seg)
	if !s.disk.submit(job{write: true, run: func() error { return s.disk.write(path, seg) }}) {
		s.disk.skipped.Inc()
	}
}

// Expire queues a segment's removal.
func (s *Stream) Expire(rendition string, seg *packager.Segment) {
	path := s.path(rendition, seg)
	s.disk.submit(job{run: func() error { return ignoreMissing(os.Remove(path)) }})
}

// Close queues the removal of everything.
func (s *Stream) Close() { s.disk.submit(job{run: func() error { return os.RemoveAll(s.dir) }}) }

func (s *Stream) path(rendition string, seg *packager.Segment) string {
	return filepath.Join(s.dir, rendition, strconv.FormatInt(seg.MSN, 10)+".m4s")
}

func (d *Disk) write(path string, seg *packager.Segment) error {
	chunks := seg.Chunks()
	if chunks == nil {
		return nil // expired while it waited
	}
	size, err := writeFile(path, chunks)
	if err != nil {
		_ = os.Remove(path) // a part of a segment is of no use, and may free the disk
		return err
	}
	d.written.Add(float64(size))
	seg.MarkStored(file(path))
	return nil
}

func writeFile(path string, chunks [][]byte) (size int, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		return 0, err
	}
	for _, c := range chunks {
		n, err := f.Write(c)
		size += n
		if err != nil {
			return size, errors.Join(err, f.Close())
		}
	}
	return size, f.Close()
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// file is a stored segment: its path.
type file string

// Open implements packager.Stored.
func (f file) Open() (io.ReadSeekCloser, error) {
	opened, err := os.Open(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return nil, packager.ErrGone
	}
	return opened, err
}
