package rtmp

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/ingest/ingesttest/habits"
	"github.com/globalfandom/lightstick/media"
)

// habit is one way in which an encoder speaks RTMP, and what is right then.
type habit struct {
	name string
	film habits.Encoding
	then *habits.Encoding // of what follows
	rtmp habits.RTMP
	want habits.Want
	// told is what the client must read in an answer; "" is nothing.
	told string
}

// Whatever the habit, the picture is on air or the creator is told what to set, within
// 5 s; and the other stream is whole.
func TestHabits(t *testing.T) {
	for _, h := range dialects() {
		t.Run(h.name, func(t *testing.T) { h.run(t) })
	}
}

func (h habit) run(t *testing.T) {
	t.Helper()
	film, witness := habits.Make(t, h.film), habits.Make(t, habits.Encoding{})
	if h.then != nil {
		h.rtmp.Then = habits.Make(t, *h.then)
	}
	synctest.Test(t, func(t *testing.T) {
		s := habits.NewStudio(t, witness)
		client, server := net.Pipe()
		c := &connection{gate: s.Manager, conn: server, idle: 10 * time.Second, remote: "encoder"}
		var answers bytes.Buffer
		var speaking sync.WaitGroup
		speaking.Go(func() { _, _ = io.Copy(&answers, client) })
		speaking.Go(func() {
			_, _ = (&habits.Paced{Cues: h.rtmp.Cues(film), Context: t.Context()}).WriteTo(client)
			time.Sleep(100 * time.Millisecond) // for the last answers
			_ = client.Close()
		})
		err := c.run(t.Context())
		_ = server.Close()
		speaking.Wait()
		if err != nil {
			t.Log("the connection ended with", err)
		}
		o := s.Outcome(t, film, h.rtmp.Then)
		h.want.Check(t, film, o)
		if !bytes.Contains(answers.Bytes(), []byte(h.told)) {
			t.Errorf("the client is not told %q", h.told)
		}
		if fault := s.Disturbed(t); fault != "" {
			t.Error(fault)
		}
		if t.Failed() {
			t.Logf("%+v", o)
		}
	})
}

// never is when a configuration is sent that isn't.
const never = -1

// configured makes the times of the configurations.
func configured(picture, sound time.Duration) func() (time.Duration, time.Duration) {
	return func() (time.Duration, time.Duration) { return picture, sound }
}

// withApp is the usual order with another application and key.
func withApp(app, key string) func(habits.Commands) []habits.Message {
	return func(c habits.Commands) []habits.Message {
		c.App, c.Key = app, key
		return habits.Usual(c)
	}
}

// amf3 puts the byte before each command that says that AMF3 may follow.
func amf3(c habits.Commands) (all []habits.Message) {
	for _, m := range habits.Usual(c) {
		m.Kind, m.Body = byte(typeCommandAMF3), append([]byte{0}, m.Body...)
		all = append(all, m)
	}
	return all
}

func dialects() []habit {
	const seconds = time.Second
	return []habit{
		{name: "good stream", told: "NetStream.Publish.Start"},

		{name: "chunks of 128 bytes", rtmp: habits.RTMP{Chunks: habits.Chunks{Size: 128}}},
		{name: "chunks of 60,000 bytes", rtmp: habits.RTMP{Chunks: habits.Chunks{Size: 60000}}},
		{name: "full headers", rtmp: habits.RTMP{Chunks: habits.Chunks{FullHeaders: true}}},
		{name: "headers as short as can be", rtmp: habits.RTMP{Chunks: habits.Chunks{SameDelta: true}}},
		{name: "IDs of three bytes", rtmp: habits.RTMP{Chunks: habits.Chunks{Wide: true}}},
		{name: "chunk streams begin with deltas", rtmp: habits.RTMP{Chunks: habits.Chunks{FirstDelta: true}}},
		{name: "extended time stamps", rtmp: habits.RTMP{Base: 20_000_000, Chunks: habits.Chunks{Size: 128, FullHeaders: true}}},
		{name: "extended time stamps, deltas", rtmp: habits.RTMP{Base: 20_000_000, Chunks: habits.Chunks{Size: 128}}},
		{name: "time stamps become extended", rtmp: habits.RTMP{Base: 0xffffff - 4000, Chunks: habits.Chunks{Size: 128, FullHeaders: true}}},
		{name: "extended time stamps not repeated", rtmp: habits.RTMP{Base: 20_000_000, Chunks: habits.Chunks{Size: 128, FullHeaders: true, Unextended: true}}},
		{name: "time stamps wrap", rtmp: habits.RTMP{Base: 1<<32 - 4000, Chunks: habits.Chunks{FullHeaders: true}}},
		{name: "acknowledgements and user control between", rtmp: habits.RTMP{Interrupts: true}},
		{name: "empty messages between", rtmp: habits.RTMP{EmptyTags: true}},
		{name: "aggregate messages", rtmp: habits.RTMP{Aggregate: true}},

		{name: "connect, createStream, publish", rtmp: habits.RTMP{Commands: func(c habits.Commands) []habits.Message {
			usual := habits.Usual(c)
			return []habits.Message{usual[0], usual[3], usual[4]}
		}}},
		{name: "createStream before FCPublish", rtmp: habits.RTMP{Commands: func(c habits.Commands) []habits.Message {
			usual := habits.Usual(c)
			usual[2], usual[3] = usual[3], usual[2]
			return usual
		}}},
		{name: "publish without a type", rtmp: habits.RTMP{Commands: func(c habits.Commands) []habits.Message {
			usual := habits.Usual(c)
			usual[4] = habits.Publish(nil, c.Key)
			return usual
		}}},
		{name: "connect says little", rtmp: habits.RTMP{Commands: func(c habits.Commands) []habits.Message {
			usual := habits.Usual(c)
			usual[0] = habits.Command("connect", 1, amf0.Object{{Key: "app", Value: c.App}})
			return usual
		}}},
		{name: "connect says it in another order", rtmp: habits.RTMP{Commands: func(c habits.Commands) []habits.Message {
			usual := habits.Usual(c)
			usual[0] = habits.Command("connect", 1, amf0.ECMAArray{{Key: "tcUrl", Value: c.URL}, {Key: "objectEncoding", Value: 0.0}, {Key: "app", Value: c.App}})
			return usual
		}}},
		{name: "a command that is unknown", rtmp: habits.RTMP{Commands: func(c habits.Commands) []habits.Message {
			return append(habits.Usual(c), habits.Command("FCSubscribe", 9, nil, c.Key), habits.Command("_checkbw", 10, nil))
		}}},
		{name: "AMF3 commands", rtmp: habits.RTMP{Commands: amf3}},
		{name: "key in the application", rtmp: habits.RTMP{Commands: withApp("live/"+habits.Key, "")}},
		{name: "key with a query", rtmp: habits.RTMP{Commands: withApp("live", habits.Key+"?user=x")}},
		{name: "application with a slash", rtmp: habits.RTMP{Commands: withApp("live/", habits.Key)}},
		{name: "end without FCUnpublish", rtmp: habits.RTMP{End: []string{"deleteStream"}}},
		{name: "end with closeStream", rtmp: habits.RTMP{End: []string{"closeStream"}}},
		{name: "end without a word", rtmp: habits.RTMP{End: []string{}}},

		{name: "no metadata", rtmp: habits.RTMP{Metadata: func(*habits.Film) []any { return nil }}},
		{name: "metadata late", rtmp: habits.RTMP{MetaLate: true}},
		{name: "metadata as an object", rtmp: habits.RTMP{Metadata: func(*habits.Film) []any {
			return []any{"onMetaData", amf0.Object{{Key: "videodatarate", Value: 500.0}, {Key: "audiodatarate", Value: 64.0}}}
		}}},
		{name: "metadata that lie", rtmp: habits.RTMP{Metadata: func(*habits.Film) []any {
			return []any{"@setDataFrame", "onMetaData", amf0.Object{{Key: "width", Value: 1.0}, {Key: "framerate", Value: -3.0}, {Key: "videocodecid", Value: "none"}}}
		}}},

		{name: "sound's configuration first", rtmp: habits.RTMP{SoundLead: true}},
		{name: "configuration before each keyframe", rtmp: habits.RTMP{ConfigAgain: true}},
		{name: "parameter sets in band, too", rtmp: habits.RTMP{InBand: true}},
		{name: "Enhanced RTMP", rtmp: habits.RTMP{Enhanced: true}},
		{name: "B-frames", film: habits.Encoding{BFrames: 2}},
		{name: "four slices", film: habits.Encoding{X264: "slices=4"}},
		{name: "44.1 kHz", film: habits.Encoding{SampleRate: 44100}},

		{name: "picture only", rtmp: habits.RTMP{Configured: configured(0, never), Sent: habits.Both(habits.Always, habits.Never)}, want: habits.Want{Sounds: habits.None}},
		{name: "sound only", rtmp: habits.RTMP{Configured: configured(never, 0), Sent: habits.Both(habits.Never, habits.Always)}, want: habits.Want{Pictures: habits.None}},
		{name: "sound comes late", rtmp: habits.RTMP{Configured: configured(0, 3*seconds), Sent: habits.Both(habits.Always, habits.From(3*seconds))},
			want: habits.Want{Sounds: 234, Discontinuities: 1, May: "sound_stopped"}},
		{name: "sound configured, never sent", rtmp: habits.RTMP{Sent: habits.Both(habits.Always, habits.Never)}, want: habits.Want{Sounds: habits.None, Advice: "sound_stopped"}},
		{name: "sound ends", rtmp: habits.RTMP{Sent: habits.Both(habits.Always, habits.Before(4*seconds))}, want: habits.Want{Sounds: 187, Advice: "sound_stopped"}},

		{name: "picture changes its size", then: &habits.Encoding{Size: "640x360"}, want: habits.Want{Pictures: 400, Sounds: 750, Discontinuities: 1}},
		{name: "B-frames begin", then: &habits.Encoding{BFrames: 2}, want: habits.Want{Pictures: 400, Sounds: 750, Discontinuities: 1}},
		{name: "sound changes its rate", then: &habits.Encoding{SampleRate: 44100}, want: habits.Want{Pictures: 400, Sounds: 375 + 344, Discontinuities: 1}},

		{name: "delimiters", rtmp: habits.RTMP{Delimiters: true}},
		{name: "ends of sequence", rtmp: habits.RTMP{Ends: true}},
		{name: "sound a second behind", rtmp: habits.RTMP{SoundDelay: seconds, Sent: habits.Both(habits.Always, habits.Before(8*seconds))}, want: habits.Want{Sounds: 328}},
		{name: "sound's time stamps in steps of 10 ms", rtmp: habits.RTMP{Clock: func(k media.Kind, at time.Duration) int64 {
			return -int64(k) * (at.Milliseconds() % 10)
		}}},
		{name: "picture's time stamps jitter", rtmp: habits.RTMP{Base: 1000, Clock: func(k media.Kind, at time.Duration) int64 {
			return (1 - int64(k)) * (at.Milliseconds() * 7919 % 11)
		}}},
		{name: "two units of sound with one time stamp", rtmp: habits.RTMP{Base: 1000, Clock: func(k media.Kind, at time.Duration) int64 {
			return -int64(k) * (at.Milliseconds() % 42 / 21 * 21)
		}}},
		{name: "sound goes back a little", rtmp: habits.RTMP{Base: 1000, Clock: func(k media.Kind, at time.Duration) int64 {
			return -int64(k) * (at.Milliseconds() % 2 * 30)
		}}},
		{name: "sound a second ahead", rtmp: habits.RTMP{Clock: func(k media.Kind, _ time.Duration) int64 { return 1000 * int64(k) }},
			want: habits.Want{Pictures: 200, Sounds: 345, Stands: true}}, // sound beyond the last picture isn't heard
		{name: "clock jumps ahead", rtmp: habits.RTMP{Chunks: habits.Chunks{FullHeaders: true}, Clock: func(_ media.Kind, at time.Duration) int64 {
			if at < 4*seconds {
				return 0
			}
			return 3_600_000
		}}},
		{name: "clock begins anew", rtmp: habits.RTMP{Chunks: habits.Chunks{FullHeaders: true}, Clock: func(_ media.Kind, at time.Duration) int64 {
			if at < 4*seconds {
				return 100_000
			}
			return -4_000
		}}},

		{name: "no configuration of the picture", rtmp: habits.RTMP{Configured: configured(never, 0), InBand: true}},
		{name: "start codes", rtmp: habits.RTMP{AnnexB: true, InBand: true}},
		{name: "a slice a message", film: habits.Encoding{X264: "slices=4"}, rtmp: habits.RTMP{SliceEach: true}},
		{name: "no configuration of the sound", rtmp: habits.RTMP{Configured: configured(0, never)}, want: habits.Want{Sounds: habits.None, Advice: "no_audio|no_audio_configuration"}},
		{name: "intra refresh", film: habits.Encoding{X264: "intra-refresh=1"}, want: habits.Want{Advice: "no_keyframes", May: "keyframe_interval"}},
		{name: "address as a key", rtmp: habits.RTMP{Commands: withApp("live", "rtmp://host/live/"+habits.Key)}},
		{name: "application in the key", rtmp: habits.RTMP{Commands: withApp("", "live/"+habits.Key)}},
	}
}
