package rtsp

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest/rtpvideo"
	"github.com/globalfandom/lightstick/media"
)

// Tracks begin at random timestamps, wrap, and are tied by when their packets come.
func TestClock(t *testing.T) {
	var c clock
	video, audio := &rtpTrack{rate: 90000}, &rtpTrack{rate: 48000}
	start := time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC)
	for i := range 200 {
		now := start.Add(time.Duration(i) * 40 * time.Millisecond)
		if got, want := c.at(video, uint32(i)*3600-100_000, now), int64(i)*3600; got != want {
			t.Fatalf("picture %d at %d, want %d", i, got, want)
		}
		if i < 10 {
			continue
		}
		if got, want := c.at(audio, uint32(i-10)*1920+1<<31, now.Add(20*time.Millisecond)), int64(i)*3600+1800; got != want {
			t.Fatalf("sound %d at %d, want %d", i, got, want)
		}
	}
	// One wrong timestamp takes nothing along.
	if got := c.at(video, 1<<30, start); got == 0 {
		t.Error("a wrong timestamp was not passed on")
	}
	if got, want := c.at(video, 201*3600-100_000, start), int64(201*3600); got != want {
		t.Errorf("the picture after it at %d, want %d", got, want)
	}
}

// A picture has the time of its own packets, also when its end shows only by the next one's.
func TestTimesOfPictures(t *testing.T) {
	type packet struct {
		timestamp uint32
		marker    bool
		payload   byte
	}
	tests := []struct {
		name    string
		packets []packet
		want    map[byte]int64 // time by the first byte of the picture
	}{
		{"markers", []packet{{0, false, 0x61}, {0, true, 0x61}, {10, true, 0x41}, {20, true, 0x21}}, map[byte]int64{0x61: 0, 0x41: 10, 0x21: 20}},
		{"no markers", []packet{{0, false, 0x61}, {0, false, 0x61}, {10, false, 0x41}, {20, false, 0x21}}, map[byte]int64{0x61: 0, 0x41: 10}},
		{"a marker is lost", []packet{{0, true, 0x61}, {10, false, 0x41}, {20, true, 0x21}, {30, true, 0x01}}, map[byte]int64{0x61: 0, 0x41: 10, 0x21: 20, 0x01: 30}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := rtpvideo.Depacketizer{Codec: media.H264}
			got := map[byte]int64{}
			for i, p := range tt.packets {
				for _, picture := range d.Add(&rtp.Packet{
					Header:  rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: p.timestamp, Marker: p.marker},
					Payload: []byte{p.payload, 0x88, 0x80},
				}, int64(p.timestamp)) {
					const lengthSize = 4
					got[picture.Body[lengthSize]] = picture.PTS
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for k, v := range tt.want {
				if got[k] != v {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}
