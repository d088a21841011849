package cmcd

import (
	"math"
	"strings"
	"time"
)

// State is what a player is doing (key sta of version 2).
type State byte

// The states of CTA-5004-B. Others are taken for Unknown.
const (
	Unknown     State = 0
	Starting    State = 's'
	Playing     State = 'p'
	Seeking     State = 'k'
	Rebuffering State = 'r'
	Paused      State = 'a'
	Waiting     State = 'w'
	Ended       State = 'e'
	Fatal       State = 'f'
	Quit        State = 'q'
	Preloading  State = 'd'
)

// Report is one set of keys: of a media request, or an event. Fields that begin with
// Has say whether the one after them was given.
type Report struct {
	Version   int    // 1 unless said otherwise
	Session   string // sid; "": not given
	Content   string // cid
	CDN       string // cdn, version 2
	Event     string // e, version 2: ps, t, bc, e, rr and others; "": a media request
	State     State
	Object    string    // ot: v, a, av, m, i, c, tt, k, o
	At        time.Time // ts, by the player's clock; zero: not given
	Status    int       // rc of a response event
	HasStatus bool
	Recorded  bool // st=v: it plays a recording, not what is live
	Starved   bool // bs: the buffer ran dry since the last request
	Failed    bool // ec: there is an error code

	Bitrate    int64 // br, of all that plays, bit/s; 0: not given
	Throughput int64 // mtp, measured, bit/s; 0: not given

	Duration      time.Duration // d, of the object asked for
	HasBuffer     bool
	Buffer        time.Duration // bl
	HasLatency    bool
	Latency       time.Duration // ltc, behind the live edge
	HasStartDelay bool
	StartDelay    time.Duration // msd: from the wish to play to the first picture
	HasStarvedFor bool
	StarvedFor    time.Duration // bsd: how long the last wait for the buffer took

	Ignored int // known keys whose values were none
}

// Bounds of what can be true.
const (
	maxName     = 128 // of sid, cid and cdn, in bytes; the standard has 64
	maxDuration = 24 * time.Hour
	// What is watched, in bit/s: pictures of 8K take 100 Mbit/s. And what is measured.
	maxBitrate, maxThroughput = 200_000_000, 10_000_000_000
)

// Parse reads one dictionary. Unknown keys are skipped, as are known ones with
// impossible values, which Report.Ignored counts; broken syntax is ErrSyntax.
func Parse(dictionary string) (Report, error) {
	r := Report{Version: 1}
	err := scan(dictionary, r.set)
	return r, err
}

// merge takes another dictionary's keys, as those of the next header.
func (r *Report) merge(dictionary string) error { return scan(dictionary, r.set) }

func (r *Report) set(key string, v value) {
	ok := true
	switch key {
	case "v":
		ok = v.kind == number && v.number >= 1 && v.number < 100
		if ok {
			r.Version = int(v.number)
		}
	case "sid":
		ok = v.name(&r.Session)
	case "cid":
		ok = v.name(&r.Content)
	case "cdn":
		ok = v.name(&r.CDN)
	case "e":
		ok = v.word(&r.Event)
	case "ot":
		ok = v.word(&r.Object)
	case "st":
		r.Recorded = v.text == "v"
	case "sta":
		ok = r.setState(v)
	case "ec":
		r.Failed = true
	case "bs":
		r.Starved = v.true
	case "br":
		ok = v.kbps(&r.Bitrate, maxBitrate)
	case "mtp":
		ok = v.kbps(&r.Throughput, maxThroughput)
	default:
		ok = r.setTime(key, v)
	}
	if !ok {
		r.Ignored++
	}
}

// setTime takes the keys that are times, in milliseconds.
func (r *Report) setTime(key string, v value) (ok bool) {
	switch key {
	case "ts":
		if ok = v.kind == number && v.number > 0 && v.number < 1e14; ok {
			r.At = time.UnixMilli(int64(v.number))
		}
	case "rc":
		if ok = v.kind == number && v.number >= 0 && v.number < 1000; ok {
			r.Status, r.HasStatus = int(v.number), true
		}
	case "d":
		r.Duration, ok = v.milliseconds()
	case "bl":
		r.Buffer, r.HasBuffer = v.milliseconds()
		ok = r.HasBuffer
	case "ltc":
		r.Latency, r.HasLatency = v.milliseconds()
		ok = r.HasLatency
	case "msd":
		r.StartDelay, r.HasStartDelay = v.milliseconds()
		ok = r.HasStartDelay
	case "bsd":
		r.StarvedFor, r.HasStarvedFor = v.milliseconds()
		ok = r.HasStarvedFor
	default:
		ok = true // unknown, and custom keys, are somebody else's
	}
	return ok
}

func (r *Report) setState(v value) bool {
	if (v.kind != symbol && v.kind != text) || len(v.text) != 1 || !strings.Contains("spkrawefqd", v.text) {
		return false
	}
	r.State = State(v.text[0])
	return true
}

// name is a string, or a token of players that forget the quotes.
func (v value) name(to *string) bool {
	if (v.kind != text && v.kind != symbol) || len(v.text) > maxName {
		return false
	}
	*to = v.text
	return true
}

func (v value) word(to *string) bool {
	if (v.kind != text && v.kind != symbol) || len(v.text) > 8 {
		return false
	}
	*to = v.text
	return true
}

func (v value) kbps(to *int64, limit float64) bool {
	bps := v.number * 1000
	if v.kind != number || !(bps >= 0 && bps <= limit) {
		return false
	}
	*to = int64(bps)
	return true
}

func (v value) milliseconds() (time.Duration, bool) {
	n := v.number
	if v.items > 1 { // of picture and sound: close to both
		n /= float64(v.items)
	}
	if v.kind != number || math.IsNaN(n) || n < 0 || n > float64(maxDuration/time.Millisecond) {
		return 0, false
	}
	return time.Duration(n * float64(time.Millisecond)), true
}
