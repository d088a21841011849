package check

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

func mustParse(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// answered checks the headers of an answer that keeps all rules, after a change.
func answered(kind string, change func(*request, *response)) func(*ledger) {
	return func(l *ledger) {
		q := request{kind: kind, url: mustParse("https://host/live/video.m3u8"), gzip: true}
		r := &response{status: 200, proto: 2, gzipped: true, header: http.Header{
			"Content-Type": {"application/vnd.apple.mpegurl"}, "Cache-Control": {"max-age=1"}, "Access-Control-Allow-Origin": {"*"},
		}}
		if kind == kindPart {
			q.url, q.gzip, r.gzipped = mustParse("https://host/live/1.m4s"), false, false
			r.header.Set("Content-Type", "video/mp4")
		}
		change(&q, r)
		checkHeaders(l, in("video"), q, r)
	}
}

// answerBreaches break what is judged by answers and their times.
func answerBreaches() []breach {
	p := parse(usual.text())
	set := func(kind, name, value string) func(*ledger) {
		return answered(kind, func(_ *request, r *response) { r.header.Set(name, value) })
	}
	return []breach{
		{"cookie", ruleNoCookie, set(kindPart, "Set-Cookie", "a=b"), nil},
		{"no lifetime", ruleCacheControl, set(kindPart, "Cache-Control", ""), nil},
		{"no CORS", ruleCORS, set(kindPart, "Access-Control-Allow-Origin", ""), nil},
		{"HTTP/1.1", ruleHTTP2, answered(kindPart, func(_ *request, r *response) { r.proto = 1 }), nil},
		{"type of media", ruleMediaMIME, set(kindPart, "Content-Type", "text/plain"), nil},
		{"type of playlist", rulePlaylistMIME, answered(kindPlaylist, func(q *request, r *response) {
			q.url = mustParse("https://host/live/video")
			r.header.Set("Content-Type", "text/plain")
		}), nil},
		{"not compressed", ruleGzip, answered(kindPlaylist, func(_ *request, r *response) { r.gzipped = false }), nil},
		{"compressed unasked", ruleGzipAsked, answered(kindPlaylist, func(q *request, r *response) {
			q.gzip = false
			r.header.Set("Content-Encoding", "gzip")
		}), nil},
		{"differ", ruleIdentical, func(l *ledger) { checkIdentical(l, "video", [][2][]byte{{{1}, {2}}, {{3}, {4}}}) }, nil},
		{"gone", rulePartGone, func(l *ledger) { checkDeparture(l, departure{rule: rulePartGone, uri: "1.0.m4s"}, 404) }, nil},
		{"gone", ruleSegmentGone, func(l *ledger) { checkDeparture(l, departure{rule: ruleSegmentGone, uri: "1.m4s"}, 404) }, nil},
		{"slow", ruleBlockAtOnce, func(l *ledger) {
			checkAtOnce(l, "video", []time.Duration{500 * time.Millisecond, 400 * time.Millisecond}, 10*time.Millisecond, 500*time.Millisecond, slack)
		}, nil},
		{"rolls nowhere", ruleBlockRollover, func(l *ledger) { checkRollover(l, "video", place{110, 4}, p) }, nil},
		{"held", ruleBlockPartAlone, func(l *ledger) { checkRefusal(l, ruleBlockPartAlone, "video", "_HLS_part=0", 0) }, nil},
		{"accepted", ruleBlockTooFar, func(l *ledger) { checkRefusal(l, ruleBlockTooFar, "video", "_HLS_msn=999", 200) }, nil},
		{"trickles", ruleHintWhole, func(l *ledger) {
			checkHintTransfers(l, "video", []float64{0.4, 0.5, 0.4, 0.01}, 500*time.Millisecond)
		}, nil},
		{"held after the end", ruleBlockEnded, func(l *ledger) {
			ended := parse(window{100, 110, 4, true}.text())
			checkEndedAnswer(l, "video", ended, ended, 5*time.Second, slack)
		}, nil},
		{"behind", ruleBlockContains, func(l *ledger) { checkHeld(l, "video", place{110, 2}, p, p, 0, slack) }, nil},
		{"held for long", ruleBlockInTime, func(l *ledger) { checkHeld(l, "video", place{110, 1}, p, p, 7*time.Second, slack) }, nil},
		{"still held", ruleHintAnswered, func(l *ledger) { checkHinted(l, in("video"), 0) }, nil},
		{"not there", ruleReachable, func(l *ledger) { checkPlaylistStatus(l, "video", "video.m3u8", 404) }, nil},
		{"unavailable", ruleNoUnavailable, func(l *ledger) { checkPlaylistStatus(l, "video", "video.m3u8", 503) }, nil},
		{"not there", ruleAvailable, func(l *ledger) { checkListed(l, in("video"), "1.m4s", 404) }, nil},
		{"not said", ruleIFramesOnly, func(l *ledger) { checkIFramesOnly(l, "i", p) }, nil},
	}
}

func TestGoodAnswersAreClean(t *testing.T) {
	l := newLedger()
	answered(kindPart, func(*request, *response) {})(l)
	answered(kindPlaylist, func(*request, *response) {})(l)
	checkIdentical(l, "video", [][2][]byte{{{1}, {2}}, {{3}, {3}}})
	checkAtOnce(l, "video", []time.Duration{time.Second, time.Millisecond}, time.Millisecond, time.Second, slack)
	checkHintTransfers(l, "video", []float64{0.001, 0.002, 0.4}, time.Second)
	checkRollover(l, "video", place{109, 4}, parse(usual.text()))
	checkRefusal(l, ruleBlockTooFar, "video", "", 400)
	clean(t, l)
}
