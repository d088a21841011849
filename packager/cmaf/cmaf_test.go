package cmaf

import (
	"bytes"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
)

var avc = media.Track{
	Codec: media.H264, Timescale: 90000, Width: 640, Height: 360,
	SPS: [][]byte{{
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}},
	PPS: [][]byte{{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}},
}

func TestInitRefusesUnknownCodec(t *testing.T) {
	if _, err := Init(media.Track{}); err == nil {
		t.Error("an init section of no codec")
	}
}

func TestChunkIsReadByAnotherParser(t *testing.T) {
	samples := []media.Sample{
		{DTS: 1 << 33, CompositionOffset: 6000, Duration: 3000, KeyFrame: true, Payload: []byte("first")},
		{DTS: 1<<33 + 3000, CompositionOffset: -3000, Duration: 3003, Payload: []byte("second frame")},
	}
	chunk := Chunk{Sequence: 7, Runs: [][]media.Sample{samples}}.Marshal()
	file, err := mp4.DecodeFile(bytes.NewReader(chunk))
	if err != nil {
		t.Fatal(err)
	}
	fragment := file.Segments[0].Fragments[0]
	if got := fragment.Moof.Mfhd.SequenceNumber; got != 7 {
		t.Errorf("sequence number %d", got)
	}
	if got := fragment.Moof.Traf.Tfdt.BaseMediaDecodeTime(); got != 1<<33 {
		t.Errorf("base media decode time %d", got)
	}
	read, err := fragment.GetFullSamples(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range samples {
		got := read[i]
		if got.DecodeTime != uint64(s.DTS) || got.Dur != uint32(s.Duration) || !bytes.Equal(got.Data, s.Payload) ||
			got.CompositionTimeOffset != int32(s.CompositionOffset) || got.IsSync() != s.KeyFrame {
			t.Errorf("sample %d read as %+v", i, got)
		}
	}
}

// Two tracks, the time and an event: each is found where it belongs.
func TestMuxedChunkIsReadByAnotherParser(t *testing.T) {
	aac := media.Track{Codec: media.AAC, Timescale: 48000, AudioConfig: []byte{0x11, 0x90}, Channels: 2}
	section, err := Init(avc, aac)
	if err != nil {
		t.Fatal(err)
	}
	picture := []media.Sample{{DTS: 90000, Duration: 3000, KeyFrame: true, Payload: []byte("picture")}}
	sound := []media.Sample{
		{DTS: 48000, Duration: 1024, KeyFrame: true, Payload: []byte("one")},
		{DTS: 49024, Duration: 1024, KeyFrame: true, Payload: []byte("another")},
	}
	at := time.Date(2026, 11, 23, 12, 0, 0, 500_000_000, time.UTC)
	chunk := Chunk{
		Sequence: 3, Runs: [][]media.Sample{picture, sound}, Producer: at,
		ID3: []ID3{{Time: 90500, ID: 9, Tag: []byte("ID3\x04\x00")}},
	}.Marshal()
	file, err := mp4.DecodeFile(bytes.NewReader(append(section, chunk...)))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(file.Init.Moov.Traks); n != 2 || file.Init.Moov.Mvhd.NextTrackID != 3 {
		t.Errorf("%d tracks, next %d", n, file.Init.Moov.Mvhd.NextTrackID)
	}
	fragment := file.Segments[0].Fragments[0]
	for i, want := range [][]media.Sample{picture, sound} {
		read, err := fragment.GetFullSamples(file.Init.Moov.Mvex.Trexs[i])
		if err != nil || len(read) != len(want) {
			t.Fatalf("track %d: %d samples, %v", i+1, len(read), err)
		}
		for j, s := range want {
			if got := read[j]; got.DecodeTime != uint64(s.DTS) || !bytes.Equal(got.Data, s.Payload) {
				t.Errorf("track %d, sample %d: %+v", i+1, j, got)
			}
		}
	}
	reader := bytes.NewReader(chunk)
	first, err := mp4.DecodeBox(0, reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := mp4.DecodeBox(first.Size(), reader)
	if err != nil {
		t.Fatal(err)
	}
	prft, ok := first.(*mp4.PrftBox)
	if !ok || prft.MediaTime != 90000 || prft.ReferenceTrackID != 1 || uint64(prft.NTPTimestamp) != uint64(at.Unix()+2208988800)<<32|1<<31 {
		t.Errorf("prft: %+v", first)
	}
	emsg, ok := second.(*mp4.EmsgBox)
	if !ok || emsg.PresentationTime != 90500 || emsg.TimeScale != 90000 || emsg.ID != 9 ||
		emsg.SchemeIDURI != "https://aomedia.org/emsg/ID3" || string(emsg.MessageData) != "ID3\x04\x00" {
		t.Errorf("emsg: %+v", second)
	}
}

func TestCodecString(t *testing.T) {
	tests := []struct {
		name  string
		track media.Track
		want  string
	}{
		{"High at 3.0", avc, "avc1.64001e"},
		{"AAC-LC", media.Track{Codec: media.AAC, AudioConfig: []byte{0x12, 0x10}}, "mp4a.40.2"},
		{"HE-AAC", media.Track{Codec: media.AAC, AudioConfig: []byte{0x2b, 0x92, 0x08, 0x00}}, "mp4a.40.5"},
		{"HE-AAC v2", media.Track{Codec: media.AAC, AudioConfig: []byte{0xeb, 0x09, 0x88, 0x00}}, "mp4a.40.29"},
		{"HE-AAC, backward compatible", media.Track{Codec: media.AAC, AudioConfig: []byte{0x13, 0x10, 0x56, 0xe5, 0x98}}, "mp4a.40.5"},
		{"MP3", media.Track{Codec: media.MP3}, "mp4a.40.34"},
		{"AC-3", media.Track{Codec: media.AC3}, "ac-3"},
		{"E-AC-3", media.Track{Codec: media.EAC3}, "ec-3"},
		{"AV1", tracks(t)["av1"], "av01.0.00M.08"},
		{"AV1 in 10 bit and PQ", tracks(t)["av1_pq"], "av01.0.00M.10.0.110.09.16.09.0"},
		{"Opus", media.Track{Codec: media.Opus}, "opus"},
		// general_profile_idc 1, compatibility 0x60000000, level 93, constraint byte 0x90.
		{"HEVC Main at 3.1", media.Track{Codec: media.HEVC, SPS: [][]byte{{
			0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x5d, 0xa0,
		}}}, "hvc1.1.6.L93.90"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CodecString(tt.track); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func BenchmarkChunk(b *testing.B) {
	samples := make([]media.Sample, 7)
	for i := range samples {
		samples[i] = media.Sample{DTS: media.Ticks(i * 3000), Duration: 3000, Payload: make([]byte, 12_500)}
	}
	runs, producer := [][]media.Sample{samples}, time.Now()
	b.ReportAllocs()
	for b.Loop() {
		Chunk{Sequence: 1, Runs: runs, Producer: producer}.Marshal()
	}
}
