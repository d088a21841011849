//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	byteorder "encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// An encoder sends each slice of a picture in a message of its own: browsers show the
// pictures, and decoders miss nothing in them.
func TestSlicesInMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	whole := filepath.Join(t.TempDir(), "whole.flv")
	if out, err := ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", "120", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25",
		"-x264-params", "slices=4:sliced-threads=0", "-c:a", "aac", whole); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	apart := filepath.Join(t.TempDir(), "apart.flv")
	if err := os.WriteFile(apart, takeSlicesApart(b), 0o600); err != nil {
		t.Fatal(err)
	}
	push(t, "-re", "-i", apart, "-c", "copy", "-f", "flv", rtmpURL(s)+"slices")
	s.live(t, "slices")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/slices"})
	v.playing()
	v.sees(50)
	v.end()
	out, err := ffmpeg(t, "-i", "http://"+s.http+"/live/slices/index.m3u8", "-t", "3", "-f", "null", "-")
	if err != nil || complaints(out) != "" {
		t.Errorf("reading it back: %v\n%s", err, out)
	}
	if n := s.metric(t, `lightstick_ingest_repairs_total{reason="split_picture",stream="slices"}`); n != 1 {
		t.Errorf("%v repairs of split pictures, want 1 for the whole publication", n)
	}
}

// takeSlicesApart rewrites an FLV file of H.264: one tag a slice.
func takeSlicesApart(flv []byte) (out []byte) {
	const header, tagHeader, video, nalUnits = 13, 11, 9, 1
	put := func(tag, body []byte) {
		at := len(out)
		out = append(append(out, tag[:tagHeader]...), body...)
		copy(out[at+1:at+4], byteorder.BigEndian.AppendUint32(nil, uint32(len(body)))[1:])
		out = byteorder.BigEndian.AppendUint32(out, uint32(tagHeader+len(body)))
	}
	out = append(out, flv[:header]...)
	for flv = flv[header:]; len(flv) > tagHeader; {
		size := int(flv[1])<<16 | int(flv[2])<<8 | int(flv[3])
		tag, body := flv[:tagHeader], flv[tagHeader:tagHeader+size]
		flv = flv[tagHeader+size+4:]
		if tag[0] != video || body[1] != nalUnits {
			put(tag, body)
			continue
		}
		head, held := body[:5], []byte{}
		for b := body[5:]; len(b) > 4; {
			n := 4 + int(byteorder.BigEndian.Uint32(b))
			held = append(held, b[:n]...)
			if kind := b[4] & 31; kind == 1 || kind == 5 {
				put(tag, append(bytes.Clone(head), held...))
				held = held[:0]
			}
			b = b[n:]
		}
	}
	return out
}

// One picture by RTSP bears a time stamp hours ahead: the picture goes on.
func TestRTSPPictureHoursAhead(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	proxy, passed := outlier(t, s.rtsp)
	push(t, "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-c:a", "aac",
		"-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://"+proxy+"/live/ahead")
	s.live(t, "ahead")
	<-passed
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/ahead"})
	v.playing()
	v.sees(100)
	v.end()
	if n := s.metric(t, `lightstick_ingest_repairs_total{reason="forward_jump",stream="ahead"}`); n != 1 {
		t.Errorf("%v repairs of a forward jump, want 1", n)
	}
}

// outlier is a proxy before an RTSP server that takes one publisher over TCP, and stamps its
// 100th picture hours ahead. passed is closed when that picture is through.
func outlier(t *testing.T, server string) (address string, passed chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	passed = make(chan struct{})
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	go func() {
		defer close(done)
		client, err := listener.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer upstream.Close()
		go func() { _, _ = io.Copy(client, upstream) }()
		if err := stampAhead(upstream, bufio.NewReader(client), passed); err != nil && !errors.Is(err, io.EOF) {
			t.Logf("the proxy before RTSP: %v", err)
		}
	}()
	return listener.Addr().String(), passed
}

// stampAhead copies an RTSP connection with interleaved RTP (RFC 2326 §10.12).
func stampAhead(to io.Writer, from *bufio.Reader, passed chan struct{}) error {
	const video, which, ahead = 0, 100, 3 * 3600 * 90000
	pictures, last := 0, uint32(0)
	for {
		first, err := from.Peek(4)
		if err != nil {
			return err
		}
		if first[0] != '$' {
			if err := copyRequest(to, from); err != nil {
				return err
			}
			continue
		}
		packet := make([]byte, 4+int(byteorder.BigEndian.Uint16(first[2:])))
		if _, err := io.ReadFull(from, packet); err != nil {
			return err
		}
		if packet[1] == video && len(packet) >= 12 {
			stamp := byteorder.BigEndian.Uint32(packet[8:])
			if stamp != last {
				pictures, last = pictures+1, stamp
				if pictures == which+1 {
					close(passed)
				}
			}
			if pictures == which {
				byteorder.BigEndian.PutUint32(packet[8:], stamp+ahead)
			}
		}
		if _, err := to.Write(packet); err != nil {
			return err
		}
	}
}

func copyRequest(to io.Writer, from *bufio.Reader) error {
	length := 0
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			return err
		}
		if _, err := to.Write(line); err != nil {
			return err
		}
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
		if len(name) == 0 {
			_, err := io.CopyN(to, from, int64(length))
			return err
		}
	}
}
