package rtmp

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// publication opens a demuxer whose units arrive in the publication.
func publication(t testing.TB) (*demuxer, *ingesttest.Publication) {
	t.Helper()
	sink, err := ingesttest.NewGate().Open(context.Background(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	return &demuxer{session: ingest.NewSession(sink, millisecond, 32)}, sink.(*ingesttest.Publication)
}

const keyFrame, interFrame = 0x10, 0x20

// exVideo is an Enhanced RTMP video tag of one codec.
func exVideo(frameType, packet byte, fourCC string, body []byte) []byte {
	return append(append([]byte{0x80 | frameType | packet}, fourCC...), body...)
}

func TestEnhancedTags(t *testing.T) {
	join := func(parts ...string) []byte { return []byte(strings.Join(parts, "")) }
	tests := []struct {
		name  string
		video bool
		tag   []byte
		codec media.Codec
		kind  packetKind
		track byte
		body  string
		err   error
	}{
		{"coded frames", true, join("\x91hvc1\xff\xff\xdfDATA"), media.HEVC, packetFrames, 0, "DATA", nil},
		{"AV1 has no composition time", true, join("\x91av01DATA"), media.AV1, packetFrames, 0, "DATA", nil},
		{"coded frames X", true, join("\x93avc1DATA"), media.H264, packetFrames, 0, "DATA", nil},
		{"sequence start", true, join("\x90av01CONF"), media.AV1, packetSequenceStart, 0, "CONF", nil},
		{"sequence end", true, join("\x92av01"), media.AV1, packetIgnored, 0, "", nil},
		{"command frame", true, join("\xd1\x00"), 0, packetIgnored, 0, "", nil},
		{"modified", true, join("\x97\x02abc\x01av01DATA"), media.AV1, packetFrames, 0, "DATA", nil},
		{"modified twice, once at length", true, join("\x97\xff\x00\xff", strings.Repeat("x", 256), "\x07\x00y\x03avc1DATA"), media.H264, packetFrames, 0, "DATA", nil},
		{"one track", true, join("\x96\x01av01\x03DATA"), media.AV1, packetFrames, 3, "DATA", nil},
		{"many tracks", true, join("\x96\x11av01\x02\x00\x00\x02AA\x00\x00\x00\x04DATA\x01\x00\x00\x02BB"), media.AV1, packetFrames, 0, "DATA", nil},
		{"many codecs", true, join("\x96\x23hvc1\x01\x00\x00\x04DATAav01\x02\x00\x00\x02BB"), media.HEVC, packetFrames, 1, "DATA", nil},
		{"multitrack in multitrack", true, join("\x96\x06av01\x03DATA"), 0, 0, 0, "", ErrChunk},
		{"track longer than the tag", true, join("\x96\x11av01\x00\x00\x00\x09DATA"), 0, 0, 0, "", ErrChunk},
		{"endless modifiers", true, join("\x97"), 0, 0, 0, "", ErrChunk},
		{"cut short", true, join("\x91av0"), 0, 0, 0, "", ErrChunk},
		{"unknown codec", true, join("\x91vp09DATA"), 0, packetIgnored, 0, "DATA", ingest.ErrUnsupported},
		{"AC-3", false, join("\x91ac-3DATA"), media.AC3, packetFrames, 0, "DATA", nil},
		{"E-AC-3", false, join("\x91ec-3DATA"), media.EAC3, packetFrames, 0, "DATA", nil},
		{"MP3", false, join("\x91.mp3DATA"), media.MP3, packetFrames, 0, "DATA", nil},
		{"Opus", false, join("\x90OpusHEAD"), media.Opus, packetSequenceStart, 0, "HEAD", nil},
		{"channel layout", false, join("\x94Opus\x00\x02"), media.Opus, packetIgnored, 0, "\x00\x02", nil},
		{"audio of one track", false, join("\x95\x01mp4a\x00DATA"), media.AAC, packetFrames, 0, "DATA", nil},
		{"modified audio", false, join("\x97\x00x\x01mp4aDATA"), media.AAC, packetFrames, 0, "DATA", nil},
		{"FLV's MP3", false, join("\x2fDATA"), media.MP3, packetFrames, 0, "DATA", nil},
		{"FLV's MP3 at 8 kHz", false, join("\xe0DATA"), media.MP3, packetFrames, 0, "DATA", nil},
		{"FLAC", false, join("\x91fLaCDATA"), 0, packetIgnored, 0, "DATA", ingest.ErrUnsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			video, err := parseVideoTag(tt.tag)
			got := audioTag{codec: video.codec, track: video.track, packet: video.packet, body: video.body}
			if !tt.video {
				got, err = parseAudioTag(tt.tag)
			}
			if !errors.Is(err, tt.err) || got.codec != tt.codec || got.packet != tt.kind || got.track != tt.track || string(got.body) != tt.body {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAV1ByEnhancedRTMP(t *testing.T) {
	d, p := publication(t)
	units := bitstreamtest.TemporalUnits(testdata(t, "av1/svt.obu"))
	give := func(ms int, tag []byte) {
		if err := d.handle(rtmpMessage{kind: typeVideo, timestamp: uint32(ms), body: tag}); err != nil {
			t.Fatal(err)
		}
	}
	give(0, exVideo(keyFrame, enhancedFrames, "av01", units[0])) // before its configuration
	give(0, exVideo(keyFrame, enhancedSequenceStart, "av01", []byte{0x81, 0, 0x0c, 0}))
	for i, unit := range units {
		give(i*33, exVideo(interFrame, enhancedFrames, "av01", unit))
		// Another rendition of the same picture, in a codec of its own.
		give(i*33, append([]byte{0xa6, enhancedFrames, 'v', 'p', '0', '9', 1}, unit...))
	}
	samples := p.Samples[media.Video]
	if len(samples) != len(units) || !samples[0].KeyFrame || samples[1].KeyFrame || !samples[20].KeyFrame || samples[1].CompositionOffset != 0 {
		t.Errorf("%d samples of %d", len(samples), len(units))
	}
	if track := p.Tracks[0]; track.Codec != media.AV1 || track.Width != 320 || track.Height != 180 {
		t.Errorf("%+v", track)
	}
}

func TestAudioThatDescribesItself(t *testing.T) {
	tests := []struct {
		file, header string
		frame        int // bytes; FLV has one frame a tag
		codec        media.Codec
		rate         media.Timescale
	}{
		{"audio/51.ac3", "\x91ac-3", 1024, media.AC3, 48000},
		{"audio/stereo.eac3", "\x91ec-3", 384, media.EAC3, 48000},
		{"audio/44100.mp3", "\x2f", 1 << 20, media.MP3, 44100},
		{"audio/22050.mp3", "\x91.mp3", 1 << 20, media.MP3, 22050},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			d, p := publication(t)
			data := testdata(t, tt.file)
			for at := 0; at < len(data); at += tt.frame {
				body := append([]byte(tt.header), data[at:min(len(data), at+tt.frame)]...)
				if err := d.handle(rtmpMessage{kind: typeAudio, timestamp: uint32(at / tt.frame * 32), body: body}); err != nil {
					t.Fatal(err)
				}
			}
			if len(p.Tracks) != 1 || p.Tracks[0].Codec != tt.codec || p.Tracks[0].Timescale != tt.rate {
				t.Fatalf("tracks %+v", p.Tracks)
			}
			var got []byte
			next := media.Ticks(0)
			for _, s := range p.Samples[media.Audio] {
				if s.DTS != next {
					t.Fatalf("a sample at %d, not %d", s.DTS, next)
				}
				next += s.Duration
				got = append(got, s.Payload...)
			}
			if !bytes.HasPrefix(data, got) || len(got) < len(data)-600 {
				t.Errorf("%d bytes of %d", len(got), len(data))
			}
		})
	}
}

func TestOpusPreSkip(t *testing.T) {
	d, p := publication(t)
	head := "OpusHead\x01\x02\x38\x0f\x80\xbb\x00\x00\x00\x00\x00"
	if err := d.handle(rtmpMessage{kind: typeAudio, body: []byte("\x90Opus" + head)}); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(p.Tracks[0].AudioConfig); got != "00020f380000bb80000000" {
		t.Error(got)
	}
}

func TestEvents(t *testing.T) {
	long := strings.Repeat("x", maxValueBytes)
	var many amf0.Object
	for range 40 {
		many = append(many, amf0.ObjectEntry{Key: string(rune('A' + len(many))), Value: true})
	}
	tests := []struct {
		name string
		data amf0.Data
		want *media.Event
	}{
		{"text", amf0.Data{"onTextData", amf0.Object{
			{Key: "text", Value: "안녕"}, {Key: "language", Value: "ko"}, {Key: "trackid", Value: 2.0},
		}}, &media.Event{Kind: media.EventTextData, Values: map[string]string{"text": "안녕", "language": "ko", "trackid": "2"}}},
		{"cue point", amf0.Data{"onCuePoint", amf0.ECMAArray{
			{Key: "name", Value: "song"}, {Key: "time", Value: 1.5}, {Key: "type", Value: "event"},
			{Key: "parameters", Value: amf0.Object{
				{Key: "title", Value: "Rain"}, {Key: "live", Value: true}, {Key: "deep", Value: amf0.Object{{Key: "x", Value: "y"}}},
			}},
		}}, &media.Event{Kind: media.EventCuePoint, Name: "song", Values: map[string]string{
			"name": "song", "time": "1.5", "type": "event", "parameters.title": "Rain", "parameters.live": "true",
		}}},
		{"set as metadata", amf0.Data{"@setDataFrame", "onTextData", amf0.Object{{Key: "text", Value: "x"}}},
			&media.Event{Kind: media.EventTextData, Values: map[string]string{"text": "x"}}},
		{"what is too long or no text is left out", amf0.Data{"onTextData", amf0.Object{
			{Key: "a", Value: long + "x"}, {Key: "b", Value: "\xff"}, {Key: "c", Value: "ok"},
		}}, &media.Event{Kind: media.EventTextData, Values: map[string]string{"c": "ok"}}},
		{"nothing to say", amf0.Data{"onTextData", amf0.Object{}}, nil},
		{"no object", amf0.Data{"onTextData", "text"}, nil},
		{"another message", amf0.Data{"onFI", amf0.Object{{Key: "text", Value: "x"}}}, nil},
		{"too many keys", amf0.Data{"onTextData", many}, &media.Event{Kind: media.EventTextData}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, p := publication(t)
			c := &connection{session: d.session, media: d}
			body, err := tt.data.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := d.handle(rtmpMessage{kind: typeAudio, timestamp: 1000, body: testAudio(t)}); err != nil {
				t.Fatal(err)
			}
			if err := c.handle(context.Background(), rtmpMessage{kind: typeDataAMF0, timestamp: 1500, body: body}); err != nil {
				t.Fatal(err)
			}
			if err := c.handle(context.Background(), rtmpMessage{kind: typeDataAMF3, timestamp: 1500, body: append([]byte{0}, body...)}); err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				if len(p.Events) > 0 {
					t.Errorf("got %+v", p.Events)
				}
				return
			}
			if len(p.Events) != 2 {
				t.Fatalf("%d events", len(p.Events))
			}
			got := p.Events[0]
			if got.Kind != tt.want.Kind || got.Name != tt.want.Name || got.Time != 45_000 || len(got.Values) > maxValues {
				t.Errorf("got %+v", got)
			}
			for key, want := range tt.want.Values {
				if got.Values[key] != want || len(got.Values) != len(tt.want.Values) {
					t.Errorf("%s is %q, want %q; %v", key, got.Values[key], want, got.Values)
				}
			}
		})
	}
}

func testAudio(t *testing.T) []byte {
	return append([]byte{0x2f}, testdata(t, "audio/44100.mp3")[:2000]...)
}

func TestEnhancementsAnswerWhatWasAsked(t *testing.T) {
	if got := enhancements(amf0.Object{{Key: "app", Value: "live"}}); got != nil {
		t.Errorf("an old client is told %v", got)
	}
	reply := enhancements(amf0.Object{
		{Key: "fourCcList", Value: amf0.StrictArray{"*"}}, {Key: "capsEx", Value: 7.0}, {Key: "videoFourCcInfoMap", Value: amf0.Object{}},
	})
	list, _ := reply.Get("fourCcList")
	if got, _ := list.(amf0.StrictArray); len(got) != 8 || got[0] != "av01" {
		t.Errorf("fourCcList %v", list)
	}
	if caps, _ := reply.GetFloat64("capsEx"); caps != 6 {
		t.Errorf("capsEx %v", caps)
	}
	infos, _ := reply.Get("videoFourCcInfoMap")
	if got := object(infos); len(got) != 3 {
		t.Errorf("videoFourCcInfoMap %v", infos)
	}
	if _, asked := reply.Get("audioFourCcInfoMap"); asked {
		t.Error("an answer to no question")
	}
}

func FuzzMediaTag(f *testing.F) {
	unit := bitstreamtest.TemporalUnits(testdata(f, "av1/svt.obu"))[0]
	f.Add(true, exVideo(keyFrame, enhancedSequenceStart, "av01", []byte{0x81, 0, 0x0c, 0}))
	f.Add(true, exVideo(keyFrame, enhancedFrames, "av01", unit))
	f.Add(true, append([]byte{0x96, 0x11, 'a', 'v', '0', '1', 0, 0, byte(len(unit) >> 8), byte(len(unit))}, unit...))
	f.Add(true, []byte("\x97\x02abc\x01av01DATA"))
	f.Add(false, append([]byte("\x91ec-3"), testdata(f, "audio/stereo.eac3")[:800]...))
	f.Add(false, append([]byte{0x2f}, testdata(f, "audio/44100.mp3")[:800]...))
	f.Add(false, []byte("\x90OpusOpusHead\x01\x02\x38\x0f\x80\xbb\x00\x00\x00\x00\x00"))
	f.Add(true, videoTagBytes(flvAVC, 1, withStartCodes(nalUnit(1), nalUnit(2), nalUnit(3))))
	f.Add(true, videoTagBytes(flvHEVC, 1, lengthPrefixed(hevcVPS, hevcSPS, hevcPPS, hevcKey)))
	f.Add(true, videoTagBytes(flvAVC, 0, withStartCodes(nalUnit(1), nalUnit(2))))
	f.Add(false, append([]byte{0xaf, 1}, adts(3, []byte{0x21, 0x10})...))
	f.Fuzz(func(t *testing.T, video bool, b []byte) {
		d, _ := publication(t)
		_ = d.handle(rtmpMessage{kind: typeVideo, body: exVideo(keyFrame, enhancedSequenceStart, "av01", []byte{0x81, 0, 0x0c, 0})})
		kind := typeAudio
		if video {
			kind = typeVideo
		}
		_ = d.handle(rtmpMessage{kind: kind, body: b})
		_ = d.handle(rtmpMessage{kind: kind, body: b})
	})
}
