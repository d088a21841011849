package mpegts

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Scale and WrapBits describe raw MPEG-TS timestamps: 90 kHz in 33 bits.
const (
	Scale    = media.VideoTimescale
	WrapBits = 33
)

// patPID is that of the program association table.
const patPID = 0

// Config of a demuxer.
type Config struct {
	// Program is the number of the program to take. 0 takes the first with video, and
	// another one when that vanishes.
	Program uint16
	// Now is the time at which what has just been read arrived. nil is time.Now.
	Now func() time.Time
}

// Demux reads a transport stream to its end and feeds the session, which must have been
// made with Scale and WrapBits. The end of input is no error, if there was something to
// play; the last picture before it is left out, unless its length was given. Errors wrap
// ingest.ErrUnsupported when what comes can't be played.
func Demux(r io.Reader, session *ingest.Session, cfg Config) error {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := newDemuxer(newPacketReader(r, cfg.Now), session, cfg.Program)
	for {
		switch err := d.read(); {
		case errors.Is(err, io.EOF):
			return d.end()
		case err != nil:
			return err
		}
	}
}

// consumer gathers the payloads of the packets of one PID.
type consumer interface {
	// addPayload gathers a payload, which is not empty. lost: packets before it are missing.
	addPayload(payload []byte, start, lost bool) error
	// held is how many bytes are kept.
	held() int
}

// filter takes the packets of a PID.
type filter struct {
	continuity continuity
	stream     elementaryStream // zero: a table
	consumer   consumer
}

// demuxer leads the packets of a transport stream to those who read them: tables to
// programs, the elementary streams of the program that is taken to tracks and events.
type demuxer struct {
	reader  *packetReader
	session *ingest.Session
	notices notices
	events  events
	found   findings
	resyncs int // that have been counted

	programs programs
	tables   map[uint16]*filter // PAT and PMTs, by PID
	program  programMap         // that is taken
	streams  map[uint16]*filter // its elementary streams, by PID
	newest   struct {           // the filter of the newest packet: the next one often has its PID
		pid    uint16
		filter *filter // nil: to be looked up
	}
	tracks  [2]*track                   // of the program
	taken   [2]bool                     // there has been a track of the kind
	refused map[elementaryStream]string // codecs of streams that turned out to be unplayable
	changed bool                        // refused is not what tracks were chosen by
}

func newDemuxer(reader *packetReader, session *ingest.Session, program uint16) *demuxer {
	d := &demuxer{
		reader: reader, session: session, notices: notices{session: session}, events: events{session},
		programs: programs{wanted: program}, tables: make(map[uint16]*filter), streams: make(map[uint16]*filter),
		refused: make(map[elementaryStream]string),
	}
	d.tables[patPID] = &filter{consumer: &sectionAssembler{emit: d.pat}}
	return d
}

func (d *demuxer) arrival() time.Time { return d.reader.arrival }

// held is how many bytes are kept.
func (d *demuxer) held() int {
	n := len(d.reader.buf)
	for _, filters := range []map[uint16]*filter{d.tables, d.streams} {
		for _, f := range filters {
			n += f.consumer.held()
		}
	}
	return n
}

// read takes what arrives next.
func (d *demuxer) read() error {
	if err := d.reader.readMore(); err != nil {
		return err
	}
	for {
		b, ok := d.reader.cut()
		if !ok {
			return d.check()
		}
		if err := d.packet(b); err != nil {
			return err
		}
	}
}

// packet leads a packet to its consumer.
func (d *demuxer) packet(b []byte) error {
	p, ok := parsePacket(b)
	if !ok {
		return nil // the counter of the next one tells that it is missing
	}
	d.found.packets++
	f := d.filterOf(p.pid)
	if f == nil || len(p.payload) == 0 {
		return nil
	}
	if p.scrambled {
		if t, ok := f.consumer.(*track); ok {
			t.scrambled()
		}
		return nil
	}
	repeated, lost := f.continuity.next(p)
	if repeated {
		return nil
	}
	if err := f.consumer.addPayload(p.payload, p.start, lost); err != nil {
		return err
	}
	if d.changed {
		d.changed = false
		return d.setProgramMap(d.program)
	}
	return nil
}

// filterOf finds the filter of a PID; nil: its packets are left out.
func (d *demuxer) filterOf(pid uint16) *filter {
	if d.newest.filter == nil || d.newest.pid != pid {
		f := d.tables[pid]
		if f == nil {
			f = d.streams[pid]
		}
		d.newest.pid, d.newest.filter = pid, f
	}
	return d.newest.filter
}

// check looks after what goes by time, each time that bytes came.
func (d *demuxer) check() error {
	if d.reader.resync > d.resyncs {
		d.resyncs = d.reader.resync
		d.session.Repaired(ingest.RepairSync)
	}
	return d.overdue()
}

// pat takes a section of the program association table, and watches the programs' maps.
func (d *demuxer) pat(section []byte) error {
	s, ok := parsePAT(section)
	if !ok || !d.programs.list(s, d.arrival()) {
		return nil
	}
	d.found.pat = true
	d.newest.filter = nil
	listed := d.programs.listed
	for pid := range d.tables {
		if pid != patPID && !slices.ContainsFunc(listed, func(a association) bool { return a.pid == pid }) {
			delete(d.tables, pid)
		}
	}
	for _, a := range listed {
		if d.tables[a.pid] == nil {
			d.tables[a.pid] = &filter{consumer: &sectionAssembler{emit: d.pmt}}
		}
	}
	return d.choose()
}

// pmt takes a program map.
func (d *demuxer) pmt(section []byte) error {
	m, ok := parsePMT(section)
	if !ok || !d.programs.describe(m) && d.found.program {
		return nil
	}
	return d.choose()
}

// choose takes the program that is to be taken now.
func (d *demuxer) choose() error {
	wanted := d.programs.wanted
	gone := wanted != 0 && !d.programs.lists(wanted)
	if d.found.program {
		d.notices.programMissing(wanted, gone)
	}
	m, ok := d.programs.choose(d.arrival())
	switch {
	case gone:
		m = programMap{}
	case !ok:
		return nil
	default:
		d.found.describe(d.arrival())
	}
	if d.program.equal(m) {
		return nil
	}
	return d.setProgramMap(m)
}

// setProgramMap takes up the streams of a program: those that are taken already go on.
func (d *demuxer) setProgramMap(m programMap) error {
	d.program, d.newest.filter = m, nil
	for kind, t := range d.tracks {
		if t != nil && !d.offers(t.stream) {
			t.end()
			d.tracks[kind] = nil
		}
	}
	for pid, f := range d.streams {
		if !d.offers(f.stream) {
			delete(d.streams, pid)
		}
	}
	for kind := range d.tracks {
		if err := d.followTrack(media.Kind(kind)); err != nil {
			return err
		}
	}
	d.followEvents()
	d.report()
	video, audio := d.tracks[media.Video] != nil, d.tracks[media.Audio] != nil
	if d.found.playable = video || audio || d.session.Written(media.Video)+d.session.Written(media.Audio) > 0; video || audio {
		d.session.Expect(video, audio)
	}
	return nil
}

// followTrack takes the first stream of a kind that can be played, unless one is taken.
func (d *demuxer) followTrack(kind media.Kind) error {
	usable := func(es elementaryStream) bool {
		return es.codec.media() && es.codec.info().kind == kind && d.offers(es)
	}
	// MPEG audio may be Layer II, which has to be converted.
	es, ok := d.program.first(func(es elementaryStream) bool { return usable(es) && es.codec != codecMPEGAudio })
	if !ok {
		es, ok = d.program.first(usable)
	}
	if !ok || d.tracks[kind] != nil {
		return nil
	}
	t := &track{stream: es, session: d.session, arrival: d.arrival, refuse: d.refuse, joined: d.taken[kind]}
	d.tracks[kind], d.taken[kind] = t, true
	d.streams[es.pid] = &filter{stream: es, consumer: t}
	return t.startDecoder()
}

// offers reports whether the program has the stream and it can be taken: what a table's
// PID carries is no stream.
func (d *demuxer) offers(es elementaryStream) bool {
	usable := !es.codec.media() || es.codec.playable() && d.refused[es] == ""
	return usable && d.tables[es.pid] == nil && slices.Contains(d.program.streams, es)
}

// refuse leaves out a track of which only the stream itself tells that it can't be played.
func (d *demuxer) refuse(t *track, codec string) {
	d.refused[t.stream] = codec
	d.changed = true
}

// followEvents watches the streams that carry events.
func (d *demuxer) followEvents() {
	const most = 3
	for _, es := range d.program.streams {
		if es.codec.media() || !d.offers(es) || d.streams[es.pid] != nil || len(d.streams) >= most+len(d.tracks) {
			continue
		}
		d.streams[es.pid] = &filter{stream: es, consumer: d.events.consumer(es.codec)}
	}
}

// report tells the creator which tracks are left out.
func (d *demuxer) report() {
	for es := range d.refused {
		if !slices.Contains(d.program.streams, es) {
			delete(d.refused, es)
		}
	}
	left, more := d.leftOut()
	d.session.LeftOut(left...)
	d.notices.ignored(more)
}

// leftOut names the tracks that can't be played, and counts the others that are not taken.
func (d *demuxer) leftOut() (codecs []string, more int) {
	for _, es := range d.program.streams {
		name := d.refused[es]
		if name == "" && !es.codec.playable() {
			name = es.codec.info().name
		}
		switch {
		case !es.codec.media():
		case name != "" && !slices.Contains(codecs, name):
			codecs = append(codecs, name)
		case name == "" && d.streams[es.pid] == nil:
			more++
		}
	}
	return codecs, more
}

// end takes what is whole at the end of the input: sound that came is.
func (d *demuxer) end() error {
	if !d.found.playable {
		return d.refusal()
	}
	d.session.PictureCut()
	if t := d.tracks[media.Audio]; t != nil {
		return t.assembler.finish(true)
	}
	return nil
}
