//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// What publishers send in practice: each is published by FFmpeg and read back by
// FFmpeg from the playlists, without a complaint.
func TestSources(t *testing.T) {
	const video = "-f lavfi -i testsrc2=size=320x180:rate=%s"
	const x264 = "-c:v libx264 -preset ultrafast -b:v 300k"
	const aac = "-c:a aac -b:a 64k"
	sine := "-f lavfi -i sine=frequency=440:sample_rate=%d"
	zero := x264 + " -tune zerolatency -g 50"
	tests := []struct {
		name   string
		args   string
		url    func(*server) string
		format string
		want   map[string]string // ffprobe's codec names by type
	}{
		{"23.976 fps", fmt.Sprintf(video, "24000/1001") + " " + fmt.Sprintf(sine, 48000) + " " + zero + " " + aac, rtmpURL, "flv", both("h264", "aac")},
		{"59.94 fps", fmt.Sprintf(video, "60000/1001") + " " + fmt.Sprintf(sine, 48000) + " " + zero + " " + aac, rtmpURL, "flv", both("h264", "aac")},
		{"B-frames, 44.1 kHz mono", fmt.Sprintf(video, "25") + " " + fmt.Sprintf(sine, 44100) + " " + x264 + " -bf 3 -g 50 " + aac + " -ac 1", rtmpURL, "flv", both("h264", "aac")},
		{"variable frame rate", fmt.Sprintf(video, "30") + " " + fmt.Sprintf(sine, 48000) + " -vf select='gt(random(0)\\,0.4)' -vsync vfr " + zero + " " + aac, rtmpURL, "flv", both("h264", "aac")},
		{"video only", fmt.Sprintf(video, "30") + " " + zero, rtmpURL, "flv", map[string]string{"video": "h264"}},
		{"audio only", fmt.Sprintf(sine, 48000) + " " + aac, rtmpURL, "flv", map[string]string{"audio": "aac"}},
		{"HEVC and Opus by SRT", fmt.Sprintf(video, "30") + " " + fmt.Sprintf(sine, 48000) + " -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=60:bframes=2 -b:v 300k -c:a libopus -b:a 64k", srtURL, "mpegts", both("hevc", "opus")},
		{"RTSP over TCP", fmt.Sprintf(video, "30") + " " + fmt.Sprintf(sine, 48000) + " " + zero + " " + aac + " -rtsp_transport tcp", rtspURL, "rtsp", both("h264", "aac")},
		{"RTSP over UDP", fmt.Sprintf(video, "30") + " " + fmt.Sprintf(sine, 48000) + " " + zero + " " + aac + " -rtsp_transport udp", rtspURL, "rtsp", both("h264", "aac")},
	}
	t.Parallel()
	s := passThrough.at(t)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stream := fmt.Sprintf("source%d", i)
			args := []string{}
			for _, a := range strings.Fields(tt.args) {
				args = append(args, strings.ReplaceAll(strings.Trim(a, "'"), "'", ""))
			}
			args = append(append([]string{"-re"}, realTime(args)...), "-f", tt.format, tt.url(s)+stream)
			cmd := push(t, args...)
			s.live(t, stream)
			index := "http://" + s.http + "/live/" + stream + "/index.m3u8"
			if got := probe(t, index); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("ffprobe finds %v, want %v", got, tt.want)
			}
			out, err := ffmpeg(t, "-i", index, "-t", "3", "-f", "null", "-")
			if err != nil || complaints(out) != "" {
				t.Errorf("reading it back: %v\n%s", err, out)
			}
			if n := s.metric(t, fmt.Sprintf(`lightstick_packager_gaps_total{stream=%q}`, stream)); n > 0 {
				t.Errorf("%v gaps", n)
			}
			_ = cmd.Process.Kill()
		})
	}
}

// realTime puts -re before the second input too.
func realTime(args []string) []string {
	var out []string
	inputs := 0
	for i, a := range args {
		if a == "-f" && i+1 < len(args) && args[i+1] == "lavfi" {
			if inputs++; inputs > 1 {
				out = append(out, "-re")
			}
		}
		out = append(out, a)
	}
	return out
}

func both(video, audio string) map[string]string {
	return map[string]string{"video": video, "audio": audio}
}

func rtmpURL(s *server) string { return "rtmp://" + s.rtmp + "/live/" }
func rtspURL(s *server) string { return "rtsp://" + s.rtsp + "/live/" }
func srtURL(s *server) string  { return "srt://" + s.srt + "?pkt_size=1316&streamid=publish:" }

// complaints leaves out what FFmpeg says about any live playlist.
func complaints(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, "Skip ('#EXT-X-") || strings.Contains(line, "Could not find codec parameters") ||
			strings.Contains(line, "Consider increasing the value") ||
			// FFmpeg 5.1 reads EXT-X-MAP anew with each version of a live playlist.
			strings.Contains(line, "duplicated MOOV") || strings.Contains(line, "Last message repeated") || strings.TrimSpace(line) == "" {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "")
}

func probe(t *testing.T, url string) map[string]string {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_streams", "-of", "json", url).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Streams []struct {
			Type  string `json:"codec_type"`
			Codec string `json:"codec_name"`
		}
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	codecs := map[string]string{}
	for _, s := range found.Streams {
		codecs[s.Type] = s.Codec
	}
	return codecs
}
