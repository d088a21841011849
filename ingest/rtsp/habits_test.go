package rtsp

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/ingest/ingesttest/habits"
)

// habit is one way in which a camera sends by RTSP, and what is right then.
type habit struct {
	name string
	film habits.Encoding
	rtp  habits.RTP
	want habits.Want
}

// Whatever the habit, the picture is on air or the creator is told what to set; and the
// other stream is whole.
func TestHabits(t *testing.T) {
	for _, h := range cameras(t) {
		t.Run(h.name, func(t *testing.T) { h.run(t) })
	}
}

func (h habit) run(t *testing.T) {
	t.Helper()
	film, witness := habits.Make(t, h.film), habits.Make(t, habits.Encoding{})
	s := habits.NewHurriedStudio(t, witness)
	server, err := Listen(Config{Listen: "127.0.0.1:0"}, s.Manager, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop := ingesttest.Start(t, server.Run)
	c := dial(t, server.Addr())
	status := c.record(film, h.rtp)
	for _, cue := range h.rtp.Cues(film) {
		if _, err := c.conn.Write(cue.Data); err != nil || status != "200" {
			break
		}
	}
	c.request("OPTIONS", "", "", nil) // its answer comes after the packets were taken
	s.Look()
	c.request("TEARDOWN", "", "", nil)
	_ = c.conn.Close()
	stop()
	o := s.Outcome(t, film)
	h.want.Check(t, film, o)
	if fault := s.Disturbed(t); fault != "" {
		t.Error(fault)
	}
	if t.Failed() {
		t.Logf("%s %+v", status, o)
	}
}

// sender is a client of RTSP that does nothing by itself.
type sender struct {
	conn    net.Conn
	reader  *bufio.Reader
	address string
	session string
	number  int
}

func dial(t *testing.T, addr net.Addr) *sender {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &sender{conn: conn, reader: bufio.NewReader(conn), address: "rtsp://" + addr.String() + "/live/" + habits.Key}
}

// record announces the film, and returns the status of the first request that fails, or
// of the last.
func (c *sender) record(f *habits.Film, r habits.RTP) string {
	status := c.request("ANNOUNCE", "", r.SDP(f), map[string]string{"Content-Type": "application/sdp"})
	for i, track := range r.Tracks() {
		if status == "200" {
			transport := fmt.Sprintf("RTP/AVP/TCP;unicast;interleaved=%d-%d;mode=record", 2*i, 2*i+1)
			status = c.request("SETUP", fmt.Sprintf("/trackID=%d", track), "", map[string]string{"Transport": transport})
		}
	}
	if status != "200" {
		return status
	}
	return c.request("RECORD", "", "", nil)
}

// request sends a request and reads the answer's status; "" is none.
func (c *sender) request(method, path, body string, header map[string]string) string {
	c.number++
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s%s RTSP/1.0\r\nCSeq: %d\r\n", method, c.address, path, c.number)
	if c.session != "" {
		fmt.Fprintf(&b, "Session: %s\r\n", c.session)
	}
	for name, value := range header {
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	fmt.Fprintf(&b, "\r\n%s", body)
	if _, err := io.WriteString(c.conn, b.String()); err != nil {
		return ""
	}
	return c.answer()
}

// answer reads an answer, behind the server's reports.
func (c *sender) answer() string {
	for {
		first, err := c.reader.Peek(4)
		if err != nil {
			return ""
		}
		if first[0] != '$' {
			break
		}
		if _, err := c.reader.Discard(4 + int(first[2])<<8 + int(first[3])); err != nil {
			return ""
		}
	}
	reader := textproto.NewReader(c.reader)
	line, err := reader.ReadLine()
	if err != nil {
		return ""
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return ""
	}
	if session, _, _ := strings.Cut(header.Get("Session"), ";"); session != "" {
		c.session = session
	}
	return strings.Fields(line)[1]
}

func cameras(t *testing.T) []habit {
	t.Helper()
	const clock = 90000
	onlyAt := func(at int, jump int64) func(int) int64 {
		return func(i int) int64 {
			if i == at {
				return jump
			}
			return 0
		}
	}
	from := func(at int, jump int64) func(int) int64 {
		return func(i int) int64 {
			if i >= at {
				return jump
			}
			return 0
		}
	}
	return []habit{
		{name: "good stream"},
		{name: "parameter sets in the SDP only", rtp: habits.RTP{NoSetsInBand: true}},
		{name: "parameter sets in band only", rtp: habits.RTP{NoSetsInSDP: true}},
		{name: "parameter sets in one packet", rtp: habits.RTP{Together: true}},
		{name: "other parameter sets in the SDP", rtp: habits.RTP{OtherSets: habits.Make(t, habits.Encoding{Size: "640x360"})}},
		{name: "spaces in the SDP", rtp: habits.RTP{Spaces: true}},
		{name: "metadata track", rtp: habits.RTP{Metadata: true}},
		{name: "padding", rtp: habits.RTP{Padding: true}},
		{name: "header extension", rtp: habits.RTP{Extension: true}},
		{name: "sound first", rtp: habits.RTP{SoundFirst: true}},
		{name: "picture only", rtp: habits.RTP{NoSound: true}, want: habits.Want{Sounds: habits.None}},
		{name: "sound only", rtp: habits.RTP{NoPicture: true}, want: habits.Want{Pictures: habits.None}},
		{name: "five frames of sound a packet", rtp: habits.RTP{PerPacket: 5}},
		{name: "time stamps and numbers wrap", rtp: habits.RTP{Time: 1<<32 - 4*clock, Sequence: 65500}},
		{name: "B-frames", film: habits.Encoding{BFrames: 2}},
		{name: "four slices", film: habits.Encoding{X264: "slices=4"}},
		{name: "44.1 kHz", film: habits.Encoding{SampleRate: 44100}},
		{name: "G.711", rtp: habits.RTP{SoundFormat: "PCMA/8000", SoundType: 8}, want: habits.Want{Sounds: habits.None, Advice: ingest.AdviceCodecRefused}},
		{name: "sound announced, never sent", rtp: habits.RTP{Sent: func(time.Duration) (bool, bool) { return true, false }}, want: habits.Want{Sounds: habits.None}},
		{name: "no markers", rtp: habits.RTP{NoMarker: true}},
		{name: "a marker on each packet", film: habits.Encoding{X264: "slices=4"}, rtp: habits.RTP{MarkEach: true}},
		{name: "one picture stamped hours ahead", rtp: habits.RTP{Clock: onlyAt(110, 3*3600*clock)}, want: habits.Want{Pictures: 170, Loses: true, Stands: true}},
		{name: "one picture stamped before all", rtp: habits.RTP{Clock: onlyAt(110, -3600*clock)}, want: habits.Want{Pictures: 170, Loses: true, Stands: true}},
		{name: "clock set ahead", rtp: habits.RTP{Clock: from(100, 3600*clock)}},
		{name: "clock set back", rtp: habits.RTP{Time: 1 << 31, Clock: from(100, -3600*clock)}, want: habits.Want{Stands: true}},
		{name: "packets are lost", rtp: habits.RTP{Lost: func(n int) bool { return n%100 == 50 }}, want: habits.Want{Pictures: 180, Sounds: 340, Loses: true}},
		{name: "open groups of pictures", film: habits.Encoding{BFrames: 2, X264: "open-gop=1"}, want: habits.Want{May: "keyframe_interval|no_keyframes"}},
		{name: "intra refresh", film: habits.Encoding{X264: "intra-refresh=1"}, want: habits.Want{May: "keyframe_interval|no_keyframes"}},
	}
}
