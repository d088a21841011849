package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/chat/replaylog"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/httpserver/admin"
	"github.com/globalfandom/lightstick/httpserver/certificates"
	"github.com/globalfandom/lightstick/httpserver/health"
	"github.com/globalfandom/lightstick/ingest/pull"
	"github.com/globalfandom/lightstick/ingest/rtmp"
	"github.com/globalfandom/lightstick/ingest/whip"
	"github.com/globalfandom/lightstick/internal/bind"
	"github.com/globalfandom/lightstick/internal/profiling"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode"
	"github.com/globalfandom/lightstick/transcode/thumbnail"
)

// Options are what a process is told besides its configuration.
type Options struct {
	Dir     string // directory of everything that is kept
	Version string // shown by the API and on the first lines
}

// The roles.
const (
	roleAll  = "all"
	roleChat = "chat"
)

// Server is one process with every role, assembled.
type Server struct {
	cfg        *config.Config
	version    string
	log        *slog.Logger
	control    *control.Store
	storage    *storage
	access     *access
	play       *playback
	manager    *live.Manager
	replayLogs *replaylog.Logs // what chat rooms say, beside the segments; nil: chat.cdn is off
	catalog    *origin.Catalog
	origin     *origin.Server
	costs      *costs
	purges     *purges
	quality    *quality
	rooms      *rooms
	certs      *certificates.Certificates
	token      *control.APIToken
	ingest     []Runner
	pulls      *pull.Set
	rtmp       *rtmp.Server // of rtmp.listen; nil: it is off
	whip       *whip.Server // nil: webrtc.listen is off
	ports      httpPorts
	http       *httpserver.Servers
	ready      *health.Readiness
	admin      *admin.Server // nil: admin.listen is off
	metrics    *prometheus.Registry
	profile    func() // stops the profiler
	unlock     func() // lets another server have the data directory
}

// Runner is a component that runs until its context ends.
type Runner interface {
	Run(ctx context.Context) error
}

// New opens everything, ports included, so that what can't work is said
// before anything runs.
func New(ctx context.Context, o Options, cfg *config.Config, log *slog.Logger) (_ *Server, err error) {
	s := &Server{cfg: cfg, log: log, version: o.Version, token: control.NewAPIToken(string(cfg.API.Token)), metrics: prometheus.NewRegistry(), profile: func() {}, unlock: func() {}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.control, err = CreateStore(ctx, o.Dir); err != nil {
		return nil, err
	}
	unlock, err := lock(o.Dir)
	if err != nil {
		return nil, err
	}
	s.unlock = unlock
	if s.ports, err = openHTTP(cfg); err != nil {
		return nil, err
	}
	s.ready = health.New(log, health.Check{Name: "database", Run: s.control.Ping}, health.Disk(o.Dir))
	if err := s.openMedia(ctx, o.Dir); err != nil {
		return nil, err
	}
	if err := s.openListeners(ctx, o.Dir); err != nil {
		return nil, err
	}
	s.registerMetrics()
	s.profile = profiling.Start(string(cfg.Pyroscope.URL), roleAll, o.Version, log)
	return s, nil
}

// openMedia opens what makes, keeps and counts media.
func (s *Server) openMedia(ctx context.Context, dir string) (err error) {
	ladder, packaging := s.cfg.Transcode.Ladder, s.cfg.HLS
	packaging.AudioOnly = ladder.AudioOnly
	s.purges = openPurges(s.cfg.Purge.Targets, s.log)
	if s.storage, err = openStorage(ctx, s.cfg, dir, packaging, s.control, s.purges.RecordingDeleted, s.log); err != nil {
		return err
	}
	if s.costs, err = openCosts(ctx, s.cfg, s.control, s.metrics, s.log); err != nil {
		return err
	}
	s.quality = newQuality(s, func(id string) bool { return s.exists(ctx, id) })
	packaging.SteeringURI = s.quality.uri() // of live streams; recordings have one place
	s.replayLogs = openReplayLogs(s.cfg.Chat.Rooms.Published, s.metrics)
	s.manager = live.NewManager(live.Config{
		Settings: s.cfg.Publish, Packager: packaging, Ladder: ladder, FFmpeg: s.ffmpeg(ctx, ladder),
		Recorder:     func(id media.StreamID) live.Recorder { return s.storage.library.Recorder(id) },
		TimedObjects: timedObjects(s.replayLogs),
	}, s.control, s.log)
	s.storage.resume(s.manager, s.log)
	s.catalog = s.newCatalog()
	s.origin = origin.New(origin.Config{
		Settings: s.cfg.Origin, Tags: s.purges.tags, Report: s.quality.report(), Viewers: s.quality.viewers(), Steer: s.quality.steer(),
		Draw: thumbnail.Drawing(s.cfg.Transcode.FFmpeg), DrawSmall: thumbnail.DrawingSmall(s.cfg.Transcode.FFmpeg),
	}, s.catalog, s.storage.library, s.log)
	s.costs.Served = s.served
	return nil
}

// openListeners opens the ports, and says who may come in.
func (s *Server) openListeners(ctx context.Context, dir string) (err error) {
	s.access = newAccess(s.cfg)
	revocation, err := live.NewRevocation(ctx, s.manager, s.control, s.purges.StreamDeleted)
	if err != nil {
		return err
	}
	if s.play, err = newPlayback(ctx, s.cfg, dir, s.control, s.storage.library, s.origin, revocation.Enforce, s.metrics, s.log); err != nil {
		return err
	}
	if s.rooms, err = openChat(ctx, s.cfg, dir, func(room string) bool { return s.hasRoom(ctx, room) }, s.play.enter, s.replayLogs, rewriteRecordings(s.storage.library), s.metrics, s.log); err != nil {
		return err
	}
	if s.certs, err = newCertificates(s.cfg, dir, s.log); err != nil {
		return err
	}
	if err := s.listenIngest(); err != nil {
		return err
	}
	if s.admin, err = admin.Listen(s.cfg.Admin.Listen, s.ready, s.rooms.gatherer(s.metrics), s.log); err != nil {
		return err
	}
	s.http, err = serversFor(s.ports, s.cfg, s.certs, s.access, s.Handler(), s.play.gate, s.log)
	return err
}

// HTTPAddr is the address of http.listen, or with http.domain alone of its port.
func (s *Server) HTTPAddr() net.Addr { return s.http.Addr(0) }

// RTMPAddr is the address of rtmp.listen; nil: it is off.
func (s *Server) RTMPAddr() net.Addr {
	if s.rtmp == nil {
		return nil
	}
	return s.rtmp.Addr()
}

// registerMetrics gathers what /metrics tells; newQuality has registered its own.
func (s *Server) registerMetrics() {
	for _, replica := range s.storage.replicas {
		s.metrics.MustRegister(replica)
	}
	if s.storage.cache != nil {
		s.metrics.MustRegister(s.storage.cache)
	}
	s.metrics.MustRegister(
		s.manager, s.pulls, s.origin, s.storage.library, s.access.limits, s.access.gate, s.access.attempts, s.play.gate,
		s.costs.Meter, s.purges.Queue,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// ffmpeg is the program to transcode with, or "" if there is none. Without a ladder it only
// converts sound, which any FFmpeg can do.
func (s *Server) ffmpeg(ctx context.Context, ladder transcode.Ladder) string {
	if len(ladder.ShortSides) == 0 {
		if _, err := exec.LookPath(s.cfg.Transcode.FFmpeg); err != nil {
			s.log.Info("no FFmpeg: audio that players can't decode is dropped", "err", err)
			return ""
		}
		return s.cfg.Transcode.FFmpeg
	}
	version, err := transcode.Check(ctx, s.cfg.Transcode.FFmpeg)
	if err != nil {
		s.log.Error("transcoding is off: streams are served in their source quality only; set transcode.ladder=off if that is what you want", "err", err)
		return ""
	}
	s.log.Info("transcoding with ffmpeg", "version", version, "ladder", s.cfg.Transcode.Ladder)
	return s.cfg.Transcode.FFmpeg
}

// Close releases what New opened, after Run or instead of it.
func (s *Server) Close() {
	s.ports.close()
	s.profile()
	s.admin.Close()
	if s.play != nil {
		s.play.close()
	}
	if s.storage != nil {
		s.storage.close()
	}
	if s.rooms != nil {
		s.rooms.close()
	}
	if s.control != nil {
		_ = s.control.Close()
	}
	s.unlock()
}

// FirstStart makes a stream and a token when there are none, and prints them:
// they can't be read again.
func (s *Server) FirstStart(ctx context.Context, out io.Writer) error {
	streams, err := s.control.Streams(ctx)
	if err != nil {
		return err
	}
	token := ""
	if s.cfg.API.Token == "" {
		if token, err = s.control.EnsureToken(ctx); err != nil {
			return err
		}
	}
	key := ""
	if len(streams) == 0 && !s.cfg.Publish.Open {
		if _, key, err = s.control.CreateStream(ctx, FirstStream, control.StreamSettings{}); err != nil && !errors.Is(err, control.ErrExists) {
			return err
		}
	}
	s.Welcome(out, key, token)
	if !s.cfg.Publish.Open {
		keysNote(out, key, token)
	}
	return nil
}

// FirstStream is the name of the stream that the first start makes.
const FirstStream = "main"

const (
	// shutdownGrace is how long viewers may fetch the last parts at most. It ends as soon as they
	// have them: a restart lasts as much longer.
	shutdownGrace = 2 * time.Second
	// drainTimeout bounds the end of HTTP requests after that.
	drainTimeout = 3 * time.Second
)

// Run serves until ctx ends or a component fails; others run beside the ingest.
// The end goes with the stream: publishers first, then the disk, then viewers.
func (s *Server) Run(ctx context.Context, others ...Runner) error {
	s.log.Info("server started", "version", s.version, "role", roleAll, "http", s.HTTPAddr().String())
	media, ctx := errgroup.WithContext(ctx)
	for _, r := range slices.Concat(s.ingest, []Runner{s.manager, s.costs, s.play, s.rooms, s.admin}, others) {
		media.Go(func() error { return r.Run(ctx) })
	}
	storageContext, stopStorage := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStorage()
	var storage errgroup.Group
	storage.Go(func() error { return s.storage.run(storageContext) })
	storage.Go(func() error { return s.purges.Run(storageContext) })

	media.Go(func() error { return s.quality.Run(ctx) })
	media.Go(func() error { return s.http.Serve(ctx) })
	watched := context.AfterFunc(ctx, func() {
		s.log.Info("server stopping")
		s.ready.Drain()
	})
	defer watched()
	err := media.Wait()
	stopStorage()
	err = errors.Join(err, storage.Wait())
	if s.manager.Served() {
		s.origin.AwaitQuiet(shutdownGrace)
	}
	err = errors.Join(err, s.http.Shutdown(drainTimeout))
	s.log.Info("server stopped")
	return err
}

// newCatalog shows the streams to the origin.
func (s *Server) newCatalog() *origin.Catalog {
	dvr := 0
	if s.cfg.HLS.DVR > s.cfg.HLS.Window {
		dvr = int(s.cfg.HLS.DVR.Seconds())
	}
	return &origin.Catalog{
		Name: func(ctx context.Context, id media.StreamID) (string, bool, error) {
			known, err := s.control.Stream(ctx, id)
			if errors.Is(err, control.ErrNotFound) {
				return "", false, nil
			}
			return known.Name, err == nil, err
		},
		OnAir: func(id media.StreamID) (live.Status, *packager.Stream, bool) {
			stream, ok := s.manager.Stream(id)
			if !ok {
				return live.Status{}, nil, false
			}
			return stream.Status(), stream.Packager(), true
		},
		Newest: s.storage.library.Newest, Expected: s.expected, DVR: dvr, Chat: true, Log: s.log,
	}
}

// expected reports whether a stream that nobody created may be published.
func (s *Server) expected(id media.StreamID) bool {
	return s.cfg.Publish.Open || s.pulls.Has(id)
}

// served is what the origin has sent, for the bill.
func (s *Server) served() map[string]cost.Served {
	traffic := s.origin.Traffic()
	served := make(map[string]cost.Served, len(traffic))
	for id, sent := range traffic {
		served[string(id)] = cost.Served{Requests: sent.Requests, Bytes: sent.Bytes, Watched: time.Duration(sent.WatchedMS) * time.Millisecond}
	}
	return served
}

// exists tells whether there is a stream, on air or not.
func (s *Server) exists(ctx context.Context, id string) bool {
	if _, onAir := s.manager.Stream(media.StreamID(id)); onAir {
		return true
	}
	_, err := s.control.Stream(ctx, media.StreamID(id))
	return err == nil
}

// hasRoom tells whether a stream's chat may be entered: of those that there are, of
// cameras, and where anybody may publish, of those that there may be.
func (s *Server) hasRoom(ctx context.Context, room string) bool {
	if _, err := media.ParseStreamID(room); err != nil {
		return false
	}
	return s.expected(media.StreamID(room)) || s.exists(ctx, room)
}

// inUse adds the key to change to an error about a port.
func inUse(key string, err error) error {
	return fmt.Errorf("%s: %w; choose another with --set %s=HOST:PORT (empty: off)", key, bind.Explain(err), key)
}
