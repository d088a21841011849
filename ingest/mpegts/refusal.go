package mpegts

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// ErrNoProgram reports data that isn't a transport stream with a program.
var ErrNoProgram = fmt.Errorf("%w: no MPEG-TS program", ingest.ErrUnsupported)

// Bounds of how long a publisher may send nothing that can be played.
const (
	// maxProbe is what may come before the program's tables, in bytes.
	maxProbe = 4 << 20
	// probeTime is how long their coming may take.
	probeTime = 10 * time.Second
	// trackTime is how long the program may be without a track that can be played: some
	// encoders announce their tracks one after the other.
	trackTime = 5 * time.Second
)

// wanted is what to send, for people.
const wanted = "send H.264 or HEVC with AAC, Opus, AC-3, E-AC-3 or MP3"

// findings are what has been found of a stream, to tell a publisher what is missing.
type findings struct {
	since    time.Time // when bytes came first
	packets  int
	pat      bool
	program  bool      // one was chosen
	listed   time.Time // when that was
	playable bool      // there is, or was, a track that can be played
}

// describe notes that a program was chosen.
func (f *findings) describe(now time.Time) {
	if !f.program {
		f.program, f.listed = true, now
	}
}

// overdue refuses a publisher who has sent nothing to play for too long.
func (d *demuxer) overdue() error {
	now := d.arrival()
	if d.found.since.IsZero() {
		d.found.since = now
	}
	switch f := d.found; {
	case f.playable:
	case !f.program && d.reader.total > maxProbe, !f.program && now.Sub(f.since) > probeTime,
		f.program && now.Sub(f.listed) > trackTime:
		return d.refusal()
	}
	return nil
}

// refusal says why nothing can be played, and what to do.
func (d *demuxer) refusal() error {
	left, _ := d.leftOut()
	listed, program := d.programs.listed, d.programs.wanted
	switch {
	case len(left) > 0:
		return fmt.Errorf("%w: %s; %s", ingest.ErrUnsupported, enumerate(left), wanted)
	case d.found.program:
		return fmt.Errorf("%w: the program has neither video nor audio; %s", ingest.ErrUnsupported, wanted)
	case d.reader.total == 0:
		return fmt.Errorf("%w: nothing arrived; start the encoder's output, then connect", ErrNoProgram)
	case d.found.packets == 0:
		return fmt.Errorf("%w: what arrives is no transport stream; set the output format to MPEG-TS (FFmpeg: -f mpegts)", ErrNoProgram)
	case !d.found.pat:
		return fmt.Errorf("%w: no program association table (PAT) came; have the multiplexer send PAT and PMT at least every half second", ErrNoProgram)
	case program != 0 && !d.programs.lists(program):
		return fmt.Errorf("%w: program %d is not in the transport stream; ask for another by program= in the streamid", ErrNoProgram, program)
	case len(listed) == 0:
		return fmt.Errorf("%w: the program association table (PAT) is empty; start the encoder's output, then connect", ErrNoProgram)
	}
	return fmt.Errorf("%w: no map (PMT) of program %s came, which should be on PID %d; have the multiplexer send PAT and PMT at least every half second",
		ErrNoProgram, numbers(listed), listed[0].pid)
}
