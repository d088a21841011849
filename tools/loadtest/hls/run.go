package hls

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// run is what all viewers share.
type run struct {
	cfg      *Config
	stats    stats
	arrivals [2]arrivals // by track
	inflater inflater
}

// Run plays cfg.URL as cfg.Viewers viewers and reports what they saw. It blocks
// for Before, Ramp, Duration and After, less if the stream ends; when ctx ends, the
// viewers leave at once and the report covers what was until then. Errors of the
// server are in the report: Run's own error means that there was nothing to run.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := measure.CheckFiles(fmt.Sprint(cfg.Viewers, " viewers"), cfg.Viewers*cfg.connections()); err != nil {
		return nil, err
	}
	r := &run{cfg: &cfg, inflater: inflater{seed: maphash.MakeSeed()}}
	s := newSampler(r)
	if _, err := s.process.CPU(); err != nil {
		return nil, fmt.Errorf("process %d: %w", cfg.PID, err)
	}
	return r.phases(ctx, s), nil
}

// phases are: nobody, the ramp, everybody, nobody.
func (r *run) phases(ctx context.Context, s *sampler) *Report {
	report := &Report{URL: r.cfg.URL, Mode: r.cfg.Mode, Viewers: r.cfg.Viewers, Started: time.Now()}
	quiet := s.mark()
	retry.Sleep(ctx, r.cfg.Before)
	arrive := s.mark()

	viewing, leave := context.WithCancel(ctx)
	left := make(chan struct{})
	go func() {
		defer close(left)
		r.watch(viewing)
	}()
	s.observe(left, r.cfg.Ramp)
	steady := s.mark()
	select {
	case <-left:
		steady = arrive // it ended before the ramp did: better those figures than none
	default:
	}
	s.observe(left, r.cfg.Duration)
	last := s.mark()
	leave()
	<-left

	end := s.mark()
	retry.Sleep(ctx, r.cfg.After)
	after := s.mark()
	report.Interrupted = ctx.Err() != nil
	report.fill(r, steady, last)
	report.Server = s.server(span{quiet, arrive}, span{steady, last}, span{end, after})
	return report
}

// watch runs the viewers, who arrive evenly over the ramp.
func (r *run) watch(ctx context.Context) {
	var viewers sync.WaitGroup
	begun := time.Now()
	for i := range r.cfg.Viewers {
		at := r.cfg.Ramp * time.Duration(i) / time.Duration(r.cfg.Viewers)
		if wait := at - time.Since(begun); wait > 0 && !retry.Sleep(ctx, wait) {
			break
		}
		v := &viewer{run: r, shard: r.stats.of(i)}
		viewers.Go(func() { v.watch(ctx) })
	}
	viewers.Wait()
}
