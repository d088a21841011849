package whip

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/media"
)

func numbered(n uint16) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{SequenceNumber: n}, Payload: []byte{1}}
}

// step is what happens to a track at a time: packets come, and then those are due.
type step struct {
	at   time.Duration
	push []uint16
	want []uint16
	lost int
}

func TestReorder(t *testing.T) {
	const wait = 100 * time.Millisecond
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"in order, over the wrap", []step{{0, []uint16{65534, 65535, 0, 1}, []uint16{65534, 65535, 0, 1}, 0}}},
		{"swapped", []step{{0, []uint16{1, 3}, []uint16{1}, 0}, {10, []uint16{2}, []uint16{2, 3}, 0}}},
		{"twice", []step{{0, []uint16{1, 1, 2, 1}, []uint16{1, 2}, 0}, {0, []uint16{4, 4, 3}, []uint16{3, 4}, 0}}},
		{"lost", []step{{0, []uint16{1, 4, 5}, []uint16{1}, 0}, {99 * time.Millisecond, nil, nil, 0}, {wait, nil, []uint16{4, 5}, 2}}},
		{"too late", []step{{0, []uint16{1, 3}, []uint16{1}, 0}, {wait, nil, []uint16{3}, 1}, {wait, []uint16{2, 4}, []uint16{4}, 0}}},
		{"a new beginning", []step{{0, []uint16{1}, []uint16{1}, 0}, {0, []uint16{30000}, nil, 0}, {wait, []uint16{30001}, []uint16{30000, 30001}, 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &reorder{wait: wait}
			start := time.Now()
			for i, s := range tt.steps {
				now := start.Add(s.at)
				var got []uint16
				lost := 0
				drain := func() {
					for p, n := r.pop(now); p != nil; p, n = r.pop(now) {
						got, lost = append(got, p.SequenceNumber), lost+n
					}
				}
				for _, n := range s.push {
					r.push(numbered(n), now)
					drain()
				}
				drain()
				if !slices.Equal(got, s.want) || lost != s.lost {
					t.Errorf("step %d: %v with %d lost, want %v with %d", i, got, lost, s.want, s.lost)
				}
			}
		})
	}
}

// However long a packet is waited for, memory is bounded.
func TestReorderIsBounded(t *testing.T) {
	r := &reorder{wait: time.Hour}
	now := time.Now()
	popped := 0
	for n := range uint16(5000) {
		if n%100 == 50 {
			continue
		}
		r.push(numbered(n), now)
		for p, _ := r.pop(now); p != nil; p, _ = r.pop(now) {
			popped++
		}
		if r.held > window {
			t.Fatalf("%d packets wait", r.held)
		}
	}
	if popped < 4500 {
		t.Errorf("%d packets came out", popped)
	}
}

// A minute of two tracks whose clocks begin apart and drift: the picture keeps to the sound,
// and its times never go back or jump.
func TestClock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		late  time.Duration // how much later pictures arrive than sound of the same moment
		drift float64       // of the camera's clock
	}{
		{"in step", 0, 1},
		{"the picture is late", 300 * time.Millisecond, 1},
		{"the picture is early", -200 * time.Millisecond, 1},
		{"the camera's clock is fast", 100 * time.Millisecond, 1.001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock(media.VideoTimescale, opusRate)
			epoch := time.Unix(1_700_000_000, 0)
			videoAt := func(d time.Duration) uint32 {
				return 1<<32 - 1000 + uint32(tt.drift*d.Seconds()*90_000)
			}
			audioAt := func(d time.Duration) uint32 { return 77 + uint32(d.Seconds()*opusRate+0.5) }
			last, off := int64(-1), time.Duration(0)
			for d := time.Duration(0); d < time.Minute; d += 20 * time.Millisecond {
				sound := c.at(media.Audio, audioAt(d), epoch.Add(d))
				if d%(40*time.Millisecond) != 0 {
					continue
				}
				moment := d - tt.late // of the picture that arrives now
				if moment < 0 {
					continue
				}
				picture := c.at(media.Video, videoAt(moment), epoch.Add(d))
				if step := picture - last; last >= 0 && (step < 3600*8/10 || step > 3600*12/10) {
					t.Fatalf("at %v the picture moves by %d", d, step)
				}
				last = picture
				off = media.Ticks(picture-sound).Duration(media.VideoTimescale) + tt.late
				if d > 0 && d%time.Second == 0 {
					c.report(media.Audio, epoch.Add(d), audioAt(d))
					c.report(media.Video, epoch.Add(moment), videoAt(moment))
				}
			}
			if off.Abs() > 3*time.Millisecond {
				t.Errorf("the picture is %v off", off)
			}
		})
	}
}

// Reports that can't be true are left alone.
func TestClockIgnoresNonsense(t *testing.T) {
	c := newClock(media.VideoTimescale, opusRate)
	now := time.Now()
	c.at(media.Audio, 0, now)
	c.at(media.Video, 0, now)
	c.report(media.Audio, now, 0)
	c.report(media.Video, ntpTime(0), 0)
	c.report(media.Video, now.Add(time.Hour), 0)
	if at := c.at(media.Video, 90_000, now.Add(time.Second)); at != 90_000 {
		t.Errorf("the picture is at %d", at)
	}
}

func TestKeyRequests(t *testing.T) {
	k := keyRequests{every: 2 * time.Second}
	now := time.Now()
	k.came(now)
	due := func(at time.Duration, needed, want bool) {
		t.Helper()
		if got := k.due(now.Add(at), needed); got != want {
			t.Errorf("at %v: %v", at, got)
		}
	}
	due(2*time.Second, false, false)
	due(2200*time.Millisecond, false, true)
	due(2300*time.Millisecond, false, false) // it is on its way
	due(2400*time.Millisecond, true, false)
	due(2700*time.Millisecond, true, true) // or the request was lost
	due(3100*time.Millisecond, true, false)
	due(3300*time.Millisecond, false, true)
	due(3900*time.Millisecond, false, false) // an encoder that ignores it
	due(3900*time.Millisecond, true, true)   // and yet nothing can be decoded without it
	due(5900*time.Millisecond, false, true)
	k.came(now.Add(6 * time.Second))
	due(8*time.Second, false, false)
	due(8300*time.Millisecond, false, true)
	due(8900*time.Millisecond, false, true)
}

// Silence stands in for lost sound, so that what follows keeps its time.
func TestLostSound(t *testing.T) {
	track, err := opusTrack()
	if err != nil {
		t.Fatal(err)
	}
	sound := func(timestamp uint32) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{Timestamp: timestamp}, Payload: []byte{0xfc, 1, 2}}
	}
	for _, tt := range []struct {
		name      string
		timestamp uint32
		lost      int
		frames    int
		first     uint32
	}{
		{"nothing", 960, 0, 1, 960},
		{"two", 2880, 2, 3, 960},
		{"discontinuous transmission", 4800, 0, 1, 4800},
		{"more than is concealed", 960 * 100, 99, 1, 960 * 100},
	} {
		a := newAudioTrack(track)
		a.frames(sound(0), 0)
		frames, first := a.frames(sound(tt.timestamp), tt.lost)
		if len(frames) != tt.frames || first != tt.first {
			t.Errorf("%s: %d frames from %d, want %d from %d", tt.name, len(frames), first, tt.frames, tt.first)
		}
	}
}

func TestBeginsKeyframe(t *testing.T) {
	for _, tt := range []struct {
		name    string
		codec   media.Codec
		payload []byte
		want    bool
	}{
		{"parameter set", media.H264, []byte{0x67, 0x42}, true},
		{"parameter sets together", media.H264, []byte{0x78, 0, 4, 0x67, 0x42, 0, 0}, true},
		{"first slice", media.H264, []byte{0x65, 0x88}, true},
		{"another slice", media.H264, []byte{0x65, 0x08}, false},
		{"picture that refers", media.H264, []byte{0x41, 0x9a}, false},
		{"first fragment", media.H264, []byte{0x7c, 0x85, 0x88}, true},
		{"a later fragment", media.H264, []byte{0x7c, 0x05, 0x88}, false},
		{"cut off", media.H264, []byte{0x78, 0}, false},
		{"parameter set", media.HEVC, []byte{32 << 1, 1, 0}, true},
		{"parameter sets together", media.HEVC, []byte{48 << 1, 1, 0, 8, 32 << 1, 1, 0, 0}, true},
		{"first slice", media.HEVC, []byte{19 << 1, 1, 0x80}, true},
		{"picture that refers", media.HEVC, []byte{1 << 1, 1, 0x80}, false},
		{"first fragment", media.HEVC, []byte{49 << 1, 1, 0x80 | 19, 0x80}, true},
		{"a later fragment", media.HEVC, []byte{49 << 1, 1, 19, 0x80}, false},
		{"cut off", media.HEVC, []byte{49 << 1, 1}, false},
		{"new sequence", media.AV1, []byte{0x18, 0x0a}, true},
		{"picture that refers", media.AV1, []byte{0x10, 0x32}, false},
		{"empty", media.AV1, nil, false},
	} {
		if got := beginsKeyframe(tt.codec, tt.payload); got != tt.want {
			t.Errorf("%v, %s: %v", tt.codec, tt.name, got)
		}
	}
}
