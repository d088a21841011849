package rtmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

const handshakeBytes = 1 + 2*1536

// invoke is a command message on a message stream.
func invoke(t testing.TB, streamID byte, values ...any) []byte {
	t.Helper()
	body, err := amf0.Data(values).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b := inChunks(3, 0, typeCommandAMF0, body, 128)
	b[8] = streamID
	return b
}

// answers are the commands that the server sent, as "name transaction code".
func answers(t testing.TB, r *replay) (list []string) {
	t.Helper()
	c := testReader(r.answers.Bytes()[handshakeBytes:])
	for {
		m, err := c.read()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		switch m.kind {
		case typeSetChunkSize:
			_ = c.setChunkSize(binary.BigEndian.Uint32(m.body))
		case typeCommandAMF0:
			values, err := decodeAMF(m.body)
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("%v %v", values[0], values[1])
			for _, v := range values[2:] {
				if code, ok := object(v).GetString("code"); ok {
					text += " " + code
				}
				if number, ok := v.(float64); ok {
					text += fmt.Sprintf(" %v", number)
				}
			}
			if m.streamID > 0 {
				text += fmt.Sprintf(" on %d", m.streamID)
			}
			list = append(list, text)
		}
	}
}

// connected is the beginning of a connection, up to connect.
func connected(t testing.TB, app string) []byte {
	t.Helper()
	return append(slices.Clone(capture(t)[:handshakeBytes]), invoke(t, 0, "connect", 1.0, amf0.Object{{Key: "app", Value: app}})...)
}

const (
	connectAnswer = "_result 1 NetConnection.Connect.Success"
	startAnswer   = "onStatus 0 NetStream.Publish.Start on 1"
	endAnswer     = "onStatus 0 NetStream.Unpublish.Success on 1"
)

// What encoders ask, and what they are answered.
func TestDialogs(t *testing.T) {
	null, none := any(nil), amf0.Undefined{}
	call := func(values ...any) []byte { return invoke(t, 1, values...) }
	key := func(key any) []byte { return call("publish", 5.0, nil, key, "live") }
	publish := key(ingesttest.Key)
	tests := []struct {
		name     string
		commands [][]byte
		answers  []string
		ended    []error // of the publications
		err      error
	}{
		{"FFmpeg", [][]byte{
			call("releaseStream", 2.0, null, "KEY"), call("FCPublish", 3.0, null, "KEY"), call("createStream", 4.0, null),
			call("_checkbw", 6.0, null), publish, call("FCUnpublish", 7.0, null, "KEY"), call("deleteStream", 8.0, null, 1.0),
		}, []string{
			"_result 2", "_result 3", "onFCPublish 0 NetStream.Publish.Start", "_result 4 1", "_result 6", startAnswer,
			"onFCUnpublish 0 NetStream.Unpublish.Success", "_result 7", endAnswer, "_result 8",
		}, []error{nil}, nil},
		{"no transactions", [][]byte{
			call("releaseStream", 0.0, null, "KEY"), call("FCPublish", 0.0, null, "KEY"), call("publish", 0.0, null, "KEY", "live"), call("closeStream", 0.0, null),
		}, []string{"onFCPublish 0 NetStream.Publish.Start", startAnswer, endAnswer}, []error{nil}, nil},
		{"publish before createStream, which comes twice", [][]byte{publish, call("createStream", 6.0, null), call("createStream", 7.0, null)},
			[]string{startAnswer, "_result 6 1", "_result 7 1"}, []error{ingest.ErrLost}, nil},
		{"on message stream 0", [][]byte{invoke(t, 0, "publish", 5.0, null, "KEY", "live")},
			[]string{"onStatus 0 NetStream.Publish.Start"}, []error{ingest.ErrLost}, nil},
		{"on message stream 7", [][]byte{invoke(t, 7, "publish", 5.0, null, "KEY", "live")},
			[]string{"onStatus 0 NetStream.Publish.Start on 7"}, []error{ingest.ErrLost}, nil},
		{"getStreamLength", [][]byte{call("getStreamLength", 3.0, null, "KEY")}, []string{"_result 3 0"}, nil, nil},
		{"unknown commands", [][]byte{call("hello", 3.0, null), call("hello", 0.0, null), call("_result", 3.0, null), call("onBWDone", 3.0), call("hello")},
			[]string{"_result 3"}, nil, nil},
		{"transaction in a string", [][]byte{call("createStream", "4", null), call("createStream", "x", null)}, []string{"_result 4 1"}, nil, nil},
		{"without null", [][]byte{call("publish", 5.0, "KEY", "live")}, []string{startAnswer}, []error{ingest.ErrLost}, nil},
		{"undefined for null", [][]byte{call("publish", 5.0, none, "KEY")}, []string{startAnswer}, []error{ingest.ErrLost}, nil},
		{"an object for null", [][]byte{call("publish", 5.0, amf0.ECMAArray{}, "KEY", "live")}, []string{startAnswer}, []error{ingest.ErrLost}, nil},
		{"something broken behind", [][]byte{inChunks(3, 0, typeCommandAMF0, append(call("publish", 5.0, null, "KEY")[12:], 0x11, 0x0a), 128)},
			[]string{"onStatus 0 NetStream.Publish.Start on 1"}, []error{ingest.ErrLost}, nil},
		{"AMF3 type", [][]byte{inChunks(3, 0, typeCommandAMF3, append([]byte{0}, call("publish", 5.0, null, "KEY")[12:]...), 128)},
			[]string{startAnswer}, []error{ingest.ErrLost}, nil},
		{"AMF3 type without its byte", [][]byte{inChunks(3, 0, typeCommandAMF3, call("publish", 5.0, null, "KEY")[12:], 128)},
			[]string{startAnswer}, []error{ingest.ErrLost}, nil},
		{"broken command while live", [][]byte{publish, inChunks(3, 0, typeCommandAMF0, []byte{0xff}, 128), inChunks(3, 0, typeCommandAMF0, nil, 128), call("_checkbw", 6.0)},
			[]string{startAnswer, "_result 6"}, []error{ingest.ErrLost}, nil},
		{"broken command before", [][]byte{inChunks(3, 0, typeCommandAMF0, []byte{0xff}, 128)}, nil, nil, ErrAMF},
		{"wrong key", [][]byte{key("BAD")}, []string{"onStatus 0 NetStream.Publish.Denied on 1"}, nil, ingest.ErrUnauthorized},
		{"no key", [][]byte{call("publish", 5.0, null)}, []string{"onStatus 0 NetStream.Publish.Denied on 1"}, nil, ingest.ErrUnauthorized},
		{"same key again", [][]byte{publish, publish, key("live/KEY")}, []string{startAnswer, startAnswer, startAnswer}, []error{ingest.ErrLost}, nil},
		{"another key again", [][]byte{publish, key("BAD"), call("_checkbw", 6.0)},
			[]string{startAnswer, "onStatus 0 NetStream.Publish.BadName on 1", "_result 6"}, []error{ingest.ErrLost}, nil},
		{"published again", [][]byte{publish, call("FCUnpublish", 0.0, null, "KEY"), publish, call("deleteStream", 0.0, null, 1.0), publish},
			[]string{startAnswer, "onFCUnpublish 0 NetStream.Unpublish.Success", endAnswer, startAnswer, endAnswer, startAnswer},
			[]error{nil, nil, ingest.ErrLost}, nil},
		{"published again with a wrong key", [][]byte{publish, call("closeStream", 0.0), key("BAD")},
			[]string{startAnswer, endAnswer, "onStatus 0 NetStream.Publish.Denied on 1"}, []error{nil}, ingest.ErrUnauthorized},
		{"media after the end", [][]byte{publish, call("closeStream", 0.0), inChunks(4, 0, typeVideo, []byte{0x17, 1, 0, 0, 0, 1}, 128), call("_checkbw", 6.0)},
			[]string{startAnswer, endAnswer, "_result 6"}, []error{nil}, nil},
		{"publish without end", slices.Repeat([][]byte{publish}, maxPublishes+1),
			append(slices.Repeat([]string{startAnswer}, maxPublishes), "onStatus 0 NetStream.Publish.Failed on 1"), []error{ErrChunk}, ErrChunk},
		{"play", [][]byte{call("play", 5.0, null, "KEY")}, []string{"onStatus 0 NetStream.Play.Failed on 1"}, nil, errAny},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gate, conn, err := serveBytes(append(connected(t, "live"), bytes.Join(tt.commands, nil)...))
			switch {
			case tt.err == nil && err != nil && !errors.Is(err, io.EOF), tt.err != nil && !errors.Is(err, tt.err) && tt.err != errAny:
				t.Errorf("ended with %v", err)
			}
			if got := answers(t, conn); !slices.Equal(got, append([]string{connectAnswer}, tt.answers...)) {
				t.Errorf("answers:\n%s", strings.Join(got, "\n"))
			}
			if len(gate.Ended) != len(tt.ended) {
				t.Fatalf("%d publications", len(gate.Ended))
			}
			for _, want := range tt.ended {
				if p := <-gate.Ended; !errors.Is(p.Reason, want) {
					t.Errorf("a publication ended with %v, want %v", p.Reason, want)
				}
			}
		})
	}
}

// errAny stands for an error that is not told from others.
var errAny = errors.New("any")

// connect comes with its object in an ECMA array, or with none at all.
func TestConnectObjects(t *testing.T) {
	for name, args := range map[string][]any{
		"object":         {"connect", 1.0, amf0.Object{{Key: "app", Value: "live/KEY"}}},
		"ECMA array":     {"connect", 1.0, amf0.ECMAArray{{Key: "app", Value: "live/KEY"}}},
		"tcUrl only":     {"connect", 1.0, amf0.Object{{Key: "tcUrl", Value: "rtmp://example.com/live/KEY"}}},
		"no transaction": {"connect", nil, amf0.Object{{Key: "app", Value: "live/KEY"}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := append(slices.Clone(capture(t)[:handshakeBytes]), invoke(t, 0, args...)...)
			_, conn, _ := serveBytes(append(b, invoke(t, 1, "publish", 5.0, nil, "", "live")...))
			if got := answers(t, conn); !slices.Equal(got, []string{connectAnswer, startAnswer}) {
				t.Error(got)
			}
		})
	}
	b := append(slices.Clone(capture(t)[:handshakeBytes]), invoke(t, 0, "connect", 1.0)...)
	_, conn, _ := serveBytes(append(b, invoke(t, 1, "publish", 5.0, nil, "KEY", "live")...))
	if got := answers(t, conn); !slices.Equal(got, []string{connectAnswer, startAnswer}) {
		t.Error(got)
	}
}

// A client hears between two messages how many bytes have come, once a window: its own, or
// ours if it says none.
func TestAcknowledgements(t *testing.T) {
	tests := []struct {
		name   string
		window []byte
		want   int
	}{
		{"no window", nil, 2},
		{"small window", inChunks(2, 0, typeWindowAckSize, []byte{0, 0x08, 0, 0}, 128), 10},
		{"absurdly small window", inChunks(2, 0, typeWindowAckSize, []byte{0, 0, 0, 1}, 128), 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			picture := inChunks(4, 0, typeVideo, append([]byte{0x27, 1, 0, 0, 0}, make([]byte, 100_000)...), maxPicture)
			b := join(connected(t, "live"), tt.window, invoke(t, 1, "publish", 5.0, nil, "KEY", "live"),
				inChunks(2, 0, typeSetChunkSize, []byte{0, 0xff, 0xff, 0xff}, 128), bytes.Repeat(picture, 60))
			_, conn, _ := serveBytes(b)
			c, acks := testReader(conn.answers.Bytes()[handshakeBytes:]), 0
			for {
				m, err := c.read()
				if err != nil {
					break
				}
				if m.kind == typeSetChunkSize {
					_ = c.setChunkSize(binary.BigEndian.Uint32(m.body))
				}
				if m.kind == typeAcknowledgement {
					acks++
				}
			}
			if acks < tt.want || acks > tt.want+1 { // what is read ahead counts
				t.Errorf("%d acknowledgements, want %d", acks, tt.want)
			}
		})
	}
}

// aggregate is an aggregate message of FLV tags.
func aggregate(tags ...rtmpMessage) (b []byte) {
	for _, m := range tags {
		head := header0(0, m.timestamp, len(m.body), m.kind)
		tag := append([]byte{byte(m.kind)}, head[4:7]...)
		tag = append(tag, byte(m.timestamp>>16), byte(m.timestamp>>8), byte(m.timestamp), byte(m.timestamp>>24), 0, 0, 0)
		tag = append(tag, m.body...)
		b = binary.BigEndian.AppendUint32(append(b, tag...), uint32(len(tag)))
	}
	return b
}

func TestAggregateMessages(t *testing.T) {
	sound := func(at uint32) rtmpMessage {
		return rtmpMessage{kind: typeAudio, timestamp: at, body: []byte{0xaf, 1, 0x21, 1}}
	}
	config := rtmpMessage{kind: typeAudio, timestamp: 1 << 25, body: []byte{0xaf, 0, 0x11, 0x90}}
	whole := aggregate(config, sound(1<<25), sound(1<<25+21), sound(1<<25+43))
	tests := []struct {
		name    string
		body    []byte
		want    int
		repairs int
	}{
		{"whole", whole, 3, 0},
		{"without the last back pointer", whole[:len(whole)-4], 3, 0},
		{"cut short", whole[:len(whole)-6], 2, 1},
		{"wrong back pointer", append(slices.Clone(whole[:len(whole)-1]), 99), 3, 1},
		{"in another", aggregate(rtmpMessage{kind: typeAggregate, body: whole}), 0, 0},
		{"rubbish", []byte{1, 2, 3}, 0, 1},
		{"nothing", nil, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := join(connected(t, "live"), invoke(t, 1, "publish", 5.0, nil, "KEY", "live"), inChunks(4, 1000, typeAggregate, tt.body, 128))
			gate, _, _ := serveBytes(b)
			p := <-gate.Ended
			if got := len(p.Samples[media.Audio]); got != tt.want || p.Repairs[ingest.RepairBadUnit] != tt.repairs {
				t.Errorf("%d samples, repairs %v", got, p.Repairs)
			}
		})
	}
}

// A client that sends more than is taken is told so, and the creator later.
func TestTooLargeIsRefusedInWords(t *testing.T) {
	b := join(connected(t, "live"), invoke(t, 1, "publish", 5.0, nil, "KEY", "live"), header0(4, 0, maxSound+1, typeAudio))
	gate, conn, err := serveBytes(b)
	if !errors.Is(err, ingest.ErrTooLarge) {
		t.Fatal(err)
	}
	for _, want := range []string{"NetStream.Publish.Failed", "4194304", "lower the encoder's bit rate"} {
		if !bytes.Contains(conn.answers.Bytes(), []byte(want)) {
			t.Errorf("the publisher isn't told %q", want)
		}
	}
	p := <-gate.Ended
	if refusal, ours := ingest.NewRefusal(time.Now(), "rtmp", p.Reason); !ours || !strings.Contains(refusal.Reason, "at most 4194304") {
		t.Errorf("%+v", refusal)
	}
}
