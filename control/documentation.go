package control

import (
	"net/http"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/cdn/steering"
	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/storage/recording"
)

// documentation is what the description of an operation has beside its types: examples,
// nil where there is no body, and the errors that not every operation has.
type documentation struct {
	request, response any
	errors            []int
}

// Values of examples.
const (
	exampleStream    = "friday-show"
	exampleRecording = "20261127-200000-k3vq"
	exampleHost      = "https://live.example.com"
)

var exampleTime = time.Date(2026, time.November, 27, 20, 0, 0, 0, time.UTC)

// pathExample is a value for a parameter in a path.
func pathExample(path, name string) any {
	switch {
	case name == "pathway":
		return "cdn-a"
	case strings.Contains(path, "/recordings/"):
		return exampleRecording
	case strings.Contains(path, "/users/"):
		return "user-17"
	}
	return exampleStream
}

var streamExample = StreamView{
	ID: exampleStream, Name: "Friday show", State: "live", CreatedAt: exampleTime, Registered: true, Record: "on", Access: "public", Retention: "720h",
	Input: &ingest.Input{
		Protocol: "rtmp", Since: exampleTime, Bitrate: 6_160_000, KeyframeInterval: 4,
		Video: &ingest.VideoInput{Codec: "avc1.640028", Width: 1920, Height: 1080, FrameRate: 30, Bitrate: 6_000_000},
		Audio: &ingest.AudioInput{Codec: "mp4a.40.2", SampleRate: 48_000, Channels: 2, Bitrate: 160_000},
	},
	Advice: []ingest.Advice{{Code: "keyframe_interval", Severity: "warning", Text: "set the keyframe interval to 2 s"}},
	URLs: URLs{
		RTMP: "rtmp://live.example.com/live", SRT: "srt://live.example.com:8890?streamid=publish:STREAM_KEY", RTSP: "rtsp://live.example.com:8554/live/STREAM_KEY", WHIP: "https://live.example.com/whip",
		Watch: exampleHost + "/watch/" + exampleStream, HLS: exampleHost + "/live/" + exampleStream + "/index.m3u8",
	},
}

// keyedExample is a stream as it is shown once, with its key.
var keyedExample = func() StreamView {
	s := streamExample
	s.State, s.StreamKey, s.Input, s.Advice = "offline", "k7f2mq-Zr3vT9wXp1LdN8sB4cGhJ5yK", nil, nil
	return s
}()

var recordingExample = RecordingView{
	Recording: recording.Recording{
		ID: exampleRecording, Stream: exampleStream, Title: "Friday show", Start: exampleTime, End: exampleTime.Add(90 * time.Minute),
		DurationMS: 5_400_000, Size: 4_050_000_000, Created: exampleTime, Poster: "poster.jpg",
	},
	URLs: RecordingURLs{
		Watch: exampleHost + "/watch/" + exampleStream + "?recording=" + exampleRecording,
		HLS:   exampleHost + "/live/" + exampleStream + "/recordings/" + exampleRecording + "/index.m3u8",
	},
}

// exportExample is a recording whose MP4 is being made.
var exportExample = func() RecordingView {
	r := recordingExample
	r.Export = &ExportView{State: "running", Progress: 0.25}
	return r
}()

var clipExample = ClipBody{Start: exampleTime.Add(10 * time.Minute), End: exampleTime.Add(11 * time.Minute), Title: "The encore"}

var metadataExample = Metadata{
	ID: "song-3", Class: "com.example.song", Start: exampleTime, PlannedDuration: 215, Attributes: map[string]string{"title": "Encore"},
}

var pathwaysExample = []steering.PathwayStatus{{
	Name: "cdn-a", URL: "https://a.example.com", Weight: 1, Mode: steering.Auto, State: steering.Good, Since: exampleTime, Sessions: 1200, Failed: 2, Stalled: 7,
}}

var purgesExample = map[string]any{"targets": []purge.Status{{Name: "fastly", Kind: "fastly", Purged: 12, Last: exampleTime}}}

var ratesExample = RatesView{Minute: 4.1, FiveMinutes: 4, Hour: 3.8}

var itemExample = CostItem{Name: "cloudfront", PerHour: ratesExample, Month: 212.5, Requests: 81_000_000, Bytes: 2_400_000_000_000, ViewerHours: 1800, PerViewerHour: 0.002, Priced: true}

var costExample = CostView{
	Currency: "USD", At: exampleTime, PerHour: ratesExample, Month: MonthView{Since: exampleTime.AddDate(0, 0, -26), Cost: 212.5, Budget: 500},
	CDNs: []CostItem{itemExample}, Streams: []CostItem{},
	Projection: &ProjectionView{
		Viewers: 100_000, Hours: 1, Bitrate: 3000, RequestsPerSecond: 4, Measured: true, Bytes: 135_000_000_000_000, Requests: 1_440_000_000,
		CDNs: []QuoteView{{Name: "cloudfront", Title: "Amazon CloudFront", Cost: 5400, PerHour: 5400, Verified: true, Sources: []cost.Source{}}},
	},
}

// documented are the operations by their IDs.
var documented = map[string]documentation{
	"create-stream": {map[string]any{"name": "Friday show", "record": "on"}, keyedExample, []int{http.StatusConflict}},
	"list-streams":  {nil, []StreamView{streamExample}, nil},
	"get-stream":    {nil, streamExample, []int{http.StatusNotFound}},
	"update-stream": {map[string]any{"access": "token", "retention": "720h"}, streamExample, []int{http.StatusNotFound}},
	"delete-stream": {nil, nil, []int{http.StatusNotFound}},
	"rotate-key":    {nil, keyedExample, []int{http.StatusNotFound}},
	"add-metadata":  {metadataExample, metadataExample, []int{http.StatusConflict}},
	"create-playback-token": {
		TokenRequest{For: "2h", Session: "order-4711", Screens: 2},
		TokenView{
			Token: "eyJ…", Expires: exampleTime.Add(2 * time.Hour), Watch: exampleHost + "/watch/" + exampleStream + "#token=eyJ…",
			HLS: exampleHost + "/live/" + exampleStream + "/index.m3u8?token=eyJ…", HLSPath: exampleHost + "/t/eyJ…/live/" + exampleStream + "/index.m3u8",
		}, nil,
	},
	"list-pathways": {nil, pathwaysExample, nil},
	"set-pathway":   {map[string]any{"state": "off"}, pathwaysExample, []int{http.StatusNotFound, http.StatusConflict}},
	"get-quality": {nil, []cmcd.Quality{{
		Stream: exampleStream, CDN: "cdn-a", Country: "KR", Sessions: 1200, StartupP50: 0.8, StartupP95: 2.1, StallRatio: 0.002, Stalls: 14, Bitrate: 2_900_000, Throughput: 21_000_000,
		Latency: 1.6, Buffer: 1.1, Watched: 95,
	}}, nil},
	"list-recordings":  {nil, []RecordingView{recordingExample}, nil},
	"get-recording":    {nil, recordingExample, []int{http.StatusNotFound}},
	"delete-recording": {nil, nil, []int{http.StatusNotFound, http.StatusConflict}},
	"export-recording": {nil, exportExample, []int{http.StatusNotFound, http.StatusConflict}},
	"clip-recording":   {clipExample, recordingExample, []int{http.StatusNotFound}},
	"clip-stream":      {clipExample, recordingExample, []int{http.StatusConflict}},
	"get-cost":         {nil, costExample, nil},
	"purge-stream":     {map[string]any{"recording": exampleRecording}, purgesExample, []int{http.StatusConflict, http.StatusServiceUnavailable}},
	"list-purges":      {nil, purgesExample, nil},
	"import-cdn-log": {
		"#Version: 1.0\n#Fields: date time x-edge-location sc-bytes …\n",
		cdnlog.Summary{CDN: "cloudfront", Format: "cloudfront", Lines: 1000, Requests: 1000, Bytes: 31_000_000, Hits: 990, Misses: 10, HitRatio: 0.99, Reasons: []cdnlog.Reason{}, Streams: map[string]cdnlog.Volume{}},
		nil,
	},
}
