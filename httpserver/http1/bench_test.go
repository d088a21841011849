package http1

import (
	"fmt"
	"net/http"
	"testing"
)

// BenchmarkParse is what reading a request costs: of a player, whose requests differ in
// their first line only, and of a CDN, whose requests come from ever other viewers.
func BenchmarkParse(b *testing.B) {
	request := func(i int) []byte {
		return fmt.Appendf(nil, "GET /live/show/video.m3u8?_HLS_msn=%d HTTP/1.1\r\nHost: origin.example.com\r\nUser-Agent: Amazon CloudFront\r\n"+
			"Accept-Encoding: gzip\r\nVia: 2.0 3f8.cloudfront.net (CloudFront)\r\nX-Amz-Cf-Id: 9vY3%d\r\nX-Forwarded-For: 198.51.100.%d\r\n", i, i, i)
	}
	secret := "X-Origin-Secret: c9f1d0d8a1f04e6f8a5a0c3f7b1e2d4c5a6b7c8d9e0f1a2b\r\n"
	for _, bench := range []struct {
		name   string
		of     func(i int) int
		fields string
	}{
		{"player", func(int) int { return 0 }, ""},
		{"player-shielded", func(int) int { return 0 }, secret},
		{"cdn", func(i int) int { return i }, ""},
		{"cdn-shielded", func(i int) int { return i }, secret},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var texts [10][]byte
			for i := range texts {
				texts[i] = append(request(bench.of(i)), bench.fields...)
			}
			p := newParser([]string{"/live/", "/t/"}, &http.Request{})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if !p.parse(texts[i%len(texts)]) {
					b.Fatal("not understood")
				}
			}
		})
	}
}
