package habits

import (
	"encoding/binary"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/media"
)

// Types of RTMP messages (RTMP 1.0 §5.4, §7.1).
const (
	rtmpChunkSize = 1
	rtmpAck       = 3
	rtmpUser      = 4
	rtmpWindow    = 5
	rtmpAudio     = 8
	rtmpVideo     = 9
	rtmpData      = 18
	rtmpCommand   = 20
	rtmpAggregate = 22
)

// RTMP says how a film is sent by RTMP. The zero value is the good stream, as OBS sends
// it: connect, releaseStream, FCPublish, createStream and publish, chunks of 4,096 bytes,
// onMetaData, then both configurations, then media on chunk streams of their own.
type RTMP struct {
	Commands func(Commands) []Message // nil: as above
	Chunks                            // how messages become chunks
	Base     uint32                   // of all time stamps, in milliseconds

	Metadata  func(f *Film) []any // values of the data message; nil: @setDataFrame, onMetaData, an ECMA array
	MetaLate  bool                // the metadata come after a second
	SoundLead bool                // the sound's configuration comes first
	// Configured says when the picture's and the sound's configurations are sent; nil: at
	// the beginning. Negative: never.
	Configured  func() (picture, sound time.Duration)
	ConfigAgain bool // before each keyframe
	InBand      bool // parameter sets before each keyframe, too
	AnnexB      bool // start codes in the place of lengths
	SliceEach   bool // each NAL unit in a message of its own
	Enhanced    bool // by FourCC (Enhanced RTMP)
	Aggregate   bool // a picture and what follows in an aggregate message
	EmptyTags   bool // messages of picture and sound without a body between
	Interrupts  bool // acknowledgements and user control messages between
	// Sent says whether picture and sound are sent; nil: always.
	Sent func(time.Duration) (picture, sound bool)
	// Clock is added to all time stamps, in milliseconds; nil: nothing.
	Clock func(kind media.Kind, at time.Duration) int64
	// Sound is the tag of a unit of sound; nil: AAC.
	Sound      func(f *Film, i int) []byte
	SoundDelay time.Duration // it is sent so much later than it should be
	Delimiters bool          // access unit delimiters, which don't belong there
	Ends       bool          // an AVC end of sequence before each keyframe
	Then       *Film         // follows the film, with its configurations
	End        []string      // commands at the end; nil: FCUnpublish and deleteStream
}

// Message is one RTMP message, and how it is chunked.
type Message struct {
	Kind   byte
	Stream uint32 // message stream ID
	Chunk  uint32 // chunk stream ID
	Time   uint32
	Body   []byte
}

// Commands are the values that commands are made of.
type Commands struct {
	App, Key string
	URL      string
}

// Cues are the film as the bytes of a client, from its handshake on.
func (r RTMP) Cues(film *Film) []Cue {
	w := &rtmpWriter{RTMP: r, film: film, wire: chunker{Chunks: r.Chunks}}
	w.open()
	w.writeAll()
	if r.Then != nil {
		w.film, w.shift, w.configured = r.Then, film.Length, [2]bool{}
		w.writeAll()
	}
	end := r.End
	if end == nil {
		end = []string{"FCUnpublish", "deleteStream"}
	}
	for _, name := range end {
		w.send(w.shift+w.film.Length, Command(name, 7, nil, Key))
	}
	return w.cues
}

func (w *rtmpWriter) writeAll() {
	for _, u := range w.film.units(w.SoundDelay) {
		u.at += w.shift
		w.write(u)
	}
}

type rtmpWriter struct {
	RTMP
	wire       chunker
	film       *Film
	cues       []Cue
	configured [2]bool
	described  bool
	shift      time.Duration // of the film that is written
}

func (w *rtmpWriter) send(at time.Duration, m Message) {
	w.cues = append(w.cues, Cue{at, w.wire.chunks(m)})
}

// open writes the handshake (§5.2), whose answers nobody checks, and the commands.
func (w *rtmpWriter) open() {
	w.cues = append(w.cues, Cue{0, append([]byte{3}, make([]byte, 2*1536)...)})
	size := w.Size
	if size == 0 {
		size = 4096
	}
	w.send(0, Message{Kind: rtmpChunkSize, Chunk: 2, Body: binary.BigEndian.AppendUint32(nil, uint32(size))})
	w.wire.size = size
	commands := Usual
	if w.Commands != nil {
		commands = w.Commands
	}
	for _, m := range commands(Commands{App: "live", Key: Key, URL: "rtmp://host/live"}) {
		w.send(0, m)
	}
}

// Usual are the commands as OBS sends them.
func Usual(c Commands) []Message {
	return []Message{
		Command("connect", 1, amf0.Object{
			{Key: "app", Value: c.App}, {Key: "type", Value: "nonprivate"}, {Key: "flashVer", Value: "FMLE/3.0"}, {Key: "tcUrl", Value: c.URL},
		}),
		Command("releaseStream", 2, nil, c.Key), Command("FCPublish", 3, nil, c.Key), Command("createStream", 4, nil),
		Publish(nil, c.Key, "live"),
	}
}

// Command is a command message.
func Command(name string, transaction int, values ...any) Message {
	return Message{Kind: rtmpCommand, Chunk: 3, Body: encode(append([]any{name, float64(transaction)}, values...))}
}

// Publish is the publish command, which stands on the message stream.
func Publish(values ...any) Message {
	m := Command("publish", 5, values...)
	m.Stream, m.Chunk = 1, 4
	return m
}

// encode writes AMF0 values, which are of types that it knows.
func encode(values []any) []byte {
	b, err := amf0.Data(values).Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

func (w *rtmpWriter) time(kind media.Kind, at time.Duration, ms int64) uint32 {
	if w.Clock != nil {
		ms += w.Clock(kind, at)
	}
	return w.Base + uint32(ms)
}
