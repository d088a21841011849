package habits

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Stream types of MPEG-TS (ISO/IEC 13818-1 Table 2-34).
const (
	TypeMPEG2Video = 0x02
	TypeMPEG1Audio = 0x03
	TypePrivate    = 0x06
	TypeADTS       = 0x0f
	TypeLATM       = 0x11
	TypeMetadata   = 0x15
	TypeH264       = 0x1b
	TypeAC3        = 0x81
)

// TS says how a film is sent as an MPEG transport stream. The zero value is the good
// stream: tables ten times a second, picture on PID 0x100 and sound on 0x101, the clock
// on the picture's PID, parameter sets before each keyframe, a frame of ADTS a packet.
type TS struct {
	TablesEvery time.Duration // 0: 100 ms; negative: once, at the beginning
	Versions    bool          // each table has a version of its own, without any change
	ClockPID    uint16        // of the PCR, on its own; 0: the picture's
	NoClock     bool
	SoundFirst  bool     // in the PMT
	Extra       []Entry  // more elementary streams in the PMT, before the others
	Extras      [][]byte // what is sent on them, with each table
	Programs    int      // that come before in the PAT, without PMT

	// PIDs of tables, picture and sound at a time; nil: 0x1000, 0x100, 0x101.
	PIDs func(time.Duration) (table, picture, sound uint16)
	// Announced says whether the PMT lists picture and sound; nil: always.
	Announced func(time.Duration) (picture, sound bool)
	// Sent says whether picture and sound are sent; nil: always.
	Sent func(time.Duration) (picture, sound bool)
	// Clock is added to all times, in ticks of 90 kHz; nil: nothing.
	Clock func(time.Duration) int64
	// Then follows the film on the same PIDs.
	Then       *Film
	SetsOnce   bool // parameter sets before the first picture only
	SetsAlways bool // before every picture
	NoAUD      bool // no access unit delimiters
	NoDTS      bool // PTS only; for films without B-frames
	Bounded    bool // pictures have the length of their PES packet
	SlicePES   bool // each NAL unit in a PES packet of its own, of the same time
	StreamID   byte // of sound; 0: 0xc0
	SoundType  byte // in the PMT; 0: ADTS
	Sound      func(f *Film, i int) []byte
	PerPacket  int           // frames of sound a PES packet; 0: 1
	SoundDelay time.Duration // it is sent so much later than it should be
	Unaligned  bool          // PES packets of sound are cut where frames are not
	// Change is given the packets of each cue, to lose or double some.
	Change func(i int, packets []byte) []byte
}

// Entry is an elementary stream of a PMT.
type Entry struct {
	PID         uint16
	Type        byte
	Descriptors []byte
}

// tsWriter makes the cues of one TS.
type tsWriter struct {
	TS
	film    *Film
	mux     packetizer
	cues    []Cue
	tables  time.Duration // when they are due
	version byte
	listed  string // what the last PMT listed
	frames  []byte // of sound, that wait
	first   int64  // their time
	waiting int
	shift   time.Duration // of the film that is written
}

// Cues are the film as a transport stream.
func (ts TS) Cues(film *Film) []Cue {
	w := &tsWriter{TS: ts, film: film}
	w.writeAll()
	if ts.Then != nil {
		w.film, w.shift = ts.Then, film.Length
		w.writeAll()
	}
	if ts.Change != nil {
		for i := range w.cues {
			w.cues[i].Data = ts.Change(i, w.cues[i].Data)
		}
	}
	return w.cues
}

func (w *tsWriter) writeAll() {
	for _, u := range w.film.units(w.SoundDelay) {
		u.at += w.shift
		w.write(u)
		if b := w.mux.take(); len(b) > 0 {
			w.cues = append(w.cues, Cue{u.at, b})
		}
	}
}

func (w *tsWriter) write(u unit) {
	w.writeTables(u.at)
	picture, sound := true, true
	if w.Sent != nil {
		picture, sound = w.Sent(u.at)
	}
	switch {
	case u.kind == media.Video && picture:
		w.writePicture(u)
	case u.kind == media.Audio && sound:
		w.writeSound(u)
	}
}

func (w *tsWriter) pids(at time.Duration) (table, picture, sound uint16) {
	if w.PIDs != nil {
		return w.PIDs(at)
	}
	return 0x1000, 0x100, 0x101
}

// writeTables writes PAT and PMT when they are due, or have changed.
func (w *tsWriter) writeTables(at time.Duration) {
	table, picture, sound := w.pids(at)
	var entries []Entry
	entries = append(entries, w.Extra...)
	hasPicture, hasSound := true, true
	if w.Announced != nil {
		hasPicture, hasSound = w.Announced(at)
	}
	soundType := w.SoundType
	if soundType == 0 {
		soundType = TypeADTS
	}
	tracks := []Entry{{PID: picture, Type: TypeH264}, {PID: sound, Type: soundType}}
	if !hasPicture {
		tracks = tracks[1:]
	} else if !hasSound {
		tracks = tracks[:1]
	}
	if w.SoundFirst && len(tracks) == 2 {
		tracks[0], tracks[1] = tracks[1], tracks[0]
	}
	entries = append(entries, tracks...)
	clock := w.ClockPID
	if clock == 0 {
		clock = picture
	}
	body := pmt(clock, entries)
	changed := w.listed != string(body)+string(rune(table))
	if !changed && at < w.tables {
		return
	}
	if w.listed != "" && (changed || w.Versions) {
		w.version++
	}
	w.listed = string(body) + string(rune(table))
	w.mux.section(0, 0x00, w.version, pat(w.Programs, table))
	w.mux.section(table, 0x02, w.version, body)
	switch {
	case w.TablesEvery == 0:
		w.tables = at + 100*time.Millisecond
	case w.TablesEvery < 0:
		w.tables = 1<<62 - 1
	default:
		w.tables = at + w.TablesEvery
	}
	for i, b := range w.Extras {
		w.mux.pes(w.Extra[i].PID, 0xbd, pesHeader{pts: w.clock(at, ticks(at-w.shift)), dts: -1, pcr: -1, bounded: true}, b)
	}
}

// ticks is a duration at 90 kHz.
func ticks(d time.Duration) int64 { return int64(d) * 9 / 100_000 }

// delay is how much later media are due than their PCR says.
const delay = 9000

func (w *tsWriter) clock(at time.Duration, t int64) int64 {
	if w.Clock != nil {
		t += w.Clock(at)
	}
	return (t + ticks(w.shift) + delay + 90000) & (1<<33 - 1)
}

func (w *tsWriter) writePicture(u unit) {
	p := w.film.Pictures[u.index]
	_, pid, _ := w.pids(u.at)
	h := pesHeader{pts: w.clock(u.at, p.PTS), dts: w.clock(u.at, p.DTS), key: p.Key, bounded: w.Bounded, pcr: -1}
	if !w.NoClock && w.ClockPID == 0 {
		h.pcr = (h.dts - delay) & (1<<33 - 1)
	}
	if w.ClockPID != 0 {
		w.mux.clock(w.ClockPID, (h.dts-delay)&(1<<33-1))
	}
	if w.NoDTS || h.dts == h.pts {
		h.dts = -1
	}
	units := w.film.sets(p, p.Key && (!w.SetsOnce || u.index == 0) || w.SetsAlways)
	if !w.NoAUD {
		units = append([][]byte{{9, 0xf0}}, units...)
	}
	if !w.SlicePES {
		w.mux.pes(pid, 0xe0, h, annexB(units))
		return
	}
	for i := range units {
		w.mux.pes(pid, 0xe0, h, annexB(units[i:i+1]))
		h.pcr = -1
	}
}

func annexB(units [][]byte) (b []byte) {
	for _, n := range units {
		b = append(append(b, 0, 0, 0, 1), n...)
	}
	return b
}

func (w *tsWriter) writeSound(u unit) {
	_, _, pid := w.pids(u.at)
	if w.waiting == 0 {
		w.first = w.clock(u.at, w.film.SoundTime(u.index))
	}
	frame := ADTS
	if w.Sound != nil {
		frame = w.Sound
	}
	w.frames = append(w.frames, frame(w.film, u.index)...)
	if w.waiting++; w.waiting < w.PerPacket {
		return
	}
	id := w.StreamID
	if id == 0 {
		id = 0xc0
	}
	cut := len(w.frames)
	if w.Unaligned {
		cut -= len(w.frames) / 3 / max(w.waiting, 1)
	}
	w.mux.pes(pid, id, pesHeader{pts: w.first, dts: -1, bounded: true, pcr: -1}, w.frames[:cut])
	w.frames, w.waiting = w.frames[cut:], 0
}
