package live

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode"
	"github.com/globalfandom/lightstick/transcode/sound"
)

// stats count what a stream takes in.
type stats struct {
	bytes       [2]atomic.Uint64
	samples     [2]atomic.Uint64
	keyInterval atomic.Int64 // of the last two keyframes, nanoseconds
	silence     atomic.Int64 // written in place of sound, nanoseconds
	stood       atomic.Int64 // how long pictures stood that were followed by one, nanoseconds
	pictured    atomic.Int64 // when the newest picture came, Unix nanoseconds
	worker      atomic.Pointer[transcode.Worker]
	converter   atomic.Pointer[sound.Converter] // nil: no sound is converted

	mu      sync.Mutex
	repairs map[string]uint64
}

func (s *stats) sample(k media.Kind, sample media.Sample) {
	s.bytes[k].Add(uint64(len(sample.Payload)))
	s.samples[k].Add(1)
}

func (s *stats) silenced(d time.Duration) { s.silence.Add(int64(d)) }

// standing is for how long pictures have stood up to now because none came.
func (s *stats) standing(now time.Time) time.Duration {
	stood := time.Duration(s.stood.Load())
	if at := s.pictured.Load(); at != 0 {
		if newest := time.Duration(now.UnixNano() - at); newest > longPicture {
			stood += newest
		}
	}
	return stood
}

func (s *stats) repaired(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repairs == nil {
		s.repairs = make(map[string]uint64)
	}
	s.repairs[reason]++
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("lightstick_"+name, help, append([]string{"stream"}, labels...), nil)
}

var (
	onAirDesc                                = desc("stream_on_air", "1 while a publisher is connected.")
	bytesDesc                                = desc("ingest_bytes_total", "Media bytes from the publisher; its rate is the input bit rate.", "kind")
	samplesDesc                              = desc("ingest_samples_total", "Frames or audio units from the publisher; its rate is the frame rate.", "kind")
	intervalDesc                             = desc("ingest_keyframe_interval_seconds", "Time between the last two keyframes.")
	repairsDesc                              = desc("ingest_repairs_total", "Repairs of the source's clock, sound or parameters.", "reason")
	silenceDesc                              = desc("ingest_silence_seconds_total", "Silence that is heard in place of sound that did not come.")
	partsDesc                                = desc("packager_parts_total", "Playlist versions published, one a part.")
	segmentsDesc                             = desc("packager_segments_total", "Segments finished.")
	gapsDesc                                 = desc("packager_gaps_total", "Segments that a rendition lacked.")
	discontDesc                              = desc("packager_discontinuities_total", "Discontinuities in the playlists.")
	droppedDesc                              = desc("packager_dropped_samples_total", "Samples that could not be packaged.")
	restartsDesc                             = desc("transcode_restarts_total", "Restarts of FFmpeg in this publication.")
	overloadDesc                             = desc("transcode_dropped_frames_total", "Frames that FFmpeg was too slow for, in this publication.")
	convertingDesc                           = desc("sound_converting", "1 while FFmpeg makes AAC of the publisher's sound.")
	convertRestartsDesc                      = desc("sound_restarts_total", "Restarts of the FFmpeg that converts the sound, in this publication.")
	convertDroppedDesc                       = desc("sound_dropped_samples_total", "Samples of sound that were not converted: FFmpeg was too slow or had to be started again.")
	kinds                                    = []media.Kind{media.Video, media.Audio}
	_                   prometheus.Collector = (*Manager)(nil)
)

// Describe implements prometheus.Collector.
func (m *Manager) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector: the state of each stream.
func (m *Manager) Collect(ch chan<- prometheus.Metric) {
	for _, s := range m.Streams() {
		s.collect(ch)
	}
}

func (s *Stream) collect(ch chan<- prometheus.Metric) {
	id := string(s.id)
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), append([]string{id}, labels...)...)
	}
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, id)
	}
	s.mu.Lock()
	onAir := 0.0
	if s.publication != nil {
		onAir = 1
	}
	s.mu.Unlock()
	gauge(onAirDesc, onAir)
	for _, k := range kinds {
		counter(bytesDesc, s.stats.bytes[k].Load(), k.String())
		counter(samplesDesc, s.stats.samples[k].Load(), k.String())
	}
	gauge(intervalDesc, time.Duration(s.stats.keyInterval.Load()).Seconds())
	ch <- prometheus.MustNewConstMetric(silenceDesc, prometheus.CounterValue, time.Duration(s.stats.silence.Load()).Seconds(), id)
	s.stats.mu.Lock()
	for _, reason := range ingest.Repairs { // zeros too: an alert on a rate needs a value to begin at
		counter(repairsDesc, s.stats.repairs[reason], reason)
	}
	s.stats.mu.Unlock()
	c := s.packager.Counters()
	counter(partsDesc, c.Parts)
	counter(segmentsDesc, c.Segments)
	counter(gapsDesc, c.Gaps)
	counter(discontDesc, c.Discontinuities)
	counter(droppedDesc, c.DroppedSamples)
	converting := 0.0
	if c := s.stats.converter.Load(); c != nil {
		converting = 1
		counter(convertRestartsDesc, c.Restarts())
		counter(convertDroppedDesc, c.Dropped())
	}
	gauge(convertingDesc, converting)
	if w := s.stats.worker.Load(); w != nil {
		counter(restartsDesc, w.Restarts())
		counter(overloadDesc, w.Dropped())
	}
}
