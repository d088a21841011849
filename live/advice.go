package live

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// symptoms are what is known of a publication's input, as far as advice follows from it.
type symptoms struct {
	wanted time.Duration // hls.segment_duration
	target time.Duration // EXT-X-TARGETDURATION of the playlists that new viewers are given

	connected    time.Duration // since the publisher is there
	packaged     bool          // something is being packaged
	video, audio bool          // tracks that are known
	leftOut      bool          // a track can't be packaged

	missingSound time.Duration // since sound has come, if it has stopped; 0: it has not

	// Of the last few keyframe intervals, without pictures that stood; 0: unknown.
	lastKey, shortestKey, longestKey time.Duration
	rareKeys                         bool // they are too long

	measured               bool  // what follows was measured over the whole span
	pace                   int64 // media time that came, in percent of the time that passed
	frames, declaredFrames int64 // per second, in thousandths; declared 0: unknown

	lost, jumps, overload uint64 // within the last minute

	link ingest.Link // zero: unknown
}

const (
	// settling is how long a publication may take until something can be packaged, and until
	// a track that is missing is taken for missing.
	settling = 5 * time.Second
	// settled is how long a publication may take until the packager has shortened the target
	// duration.
	settled = time.Minute
	// stoppedSound is for how long sound may stay away.
	stoppedSound = 2 * time.Second
	// slowest is the least pace, in percent, that is not worth an advice.
	slowest = 90
	// fewest is the smallest share of the declared frames, in percent, likewise.
	fewest = 85
	// A few faults a minute happen to everybody.
	manyFaults = 3
)

// obs is where OBS has the keyframe interval.
const obs = "OBS: Settings > Output > Streaming > Keyframe Interval"

// rules are what advice there is, by code.
var rules = []struct {
	code     string
	severity ingest.Severity
	text     func(s symptoms) string // "": nothing to advise
}{
	{"nothing_playable", ingest.Warning, func(s symptoms) string {
		if s.packaged || s.connected < settling {
			return ""
		}
		return "the publisher is connected, but nothing that can be played has come: no keyframe, or no track;" +
			" start the encoder anew with H.264 and AAC"
	}},
	{"keyframe_interval", ingest.Warning, func(s symptoms) string {
		if !s.rareKeys {
			return ""
		}
		return fmt.Sprintf("keyframes come every %.1f s, so viewers wait longer and start later; set the keyframe interval to %.0f s (%s)",
			s.lastKey.Seconds(), s.wanted.Seconds(), obs)
	}},
	{"keyframes_irregular", ingest.Notice, func(s symptoms) string {
		if s.rareKeys || s.shortestKey == 0 || s.longestKey < s.shortestKey*3/2 {
			return ""
		}
		return fmt.Sprintf("keyframes come %.1f to %.1f s apart, so segments differ in length; set a fixed keyframe interval (%s;"+
			" with x264 also the option scenecut=0)", s.shortestKey.Seconds(), s.longestKey.Seconds(), obs)
	}},
	{"latency_kept", ingest.Warning, func(s symptoms) string {
		// The packager shortens the target duration after a reconnect, when it has seen enough.
		if s.connected < settled || s.longestKey == 0 || s.longestKey >= s.wanted*5/4 || s.target <= s.wanted+time.Second {
			return ""
		}
		return fmt.Sprintf("keyframes come often enough now, but came rarely when you connected, and players without low latency stay"+
			" %.0f s behind; stop streaming and start again, for all who come to watch after that", 3*s.target.Seconds())
	}},
	{"no_audio", ingest.Notice, func(s symptoms) string {
		if s.audio || !s.packaged || s.connected < settling || s.leftOut {
			return ""
		}
		return "no sound arrives; if there should be some, check that the encoder sends an audio track" +
			" (OBS: Settings > Output > Streaming > Audio Track, and a source in the mixer)"
	}},
	{"sound_stopped", ingest.Warning, func(s symptoms) string {
		if !s.audio || s.leftOut || s.missingSound < stoppedSound {
			return ""
		}
		return fmt.Sprintf("no sound has come for %.0f s, and viewers hear silence; check the encoder's audio source, and restart the encoder"+
			" if the source is there", s.missingSound.Seconds())
	}},
	{"input_slow", ingest.Warning, func(s symptoms) string {
		if !s.measured || s.pace >= slowest {
			return ""
		}
		return fmt.Sprintf("only %d %% of the media arrives in time: the encoder or the connection is too slow; lower the bit rate, the resolution"+
			" or the frame rate", s.pace)
	}},
	{"frames_missing", ingest.Warning, func(s symptoms) string {
		if !s.measured || s.pace < slowest || s.declaredFrames == 0 || s.frames*100 >= s.declaredFrames*fewest {
			return ""
		}
		return fmt.Sprintf("%.1f of %.1f frames a second arrive: the encoder drops some, because it or the connection is too slow;"+
			" lower the bit rate or the frame rate", float64(s.frames)/1000, float64(s.declaredFrames)/1000)
	}},
	{"media_lost", ingest.Warning, func(s symptoms) string {
		if s.lost < manyFaults {
			return ""
		}
		return fmt.Sprintf("media was lost on its way %d times within a minute; lower the bit rate, use a cable instead of Wi-Fi,"+
			" or with SRT a longer latency", s.lost)
	}},
	{"latency_short", ingest.Warning, func(s symptoms) string {
		if s.lost == 0 || s.link.Dropped == 0 || s.link.Advised <= s.link.Latency {
			return ""
		}
		return fmt.Sprintf("packets that are lost on their way come again too late: the round trip is %.0f ms and the SRT latency %.0f ms;"+
			" set the latency to %.0f ms in the encoder", 1000*s.link.RoundTrip, 1000*s.link.Latency, 1000*s.link.Advised)
	}},
	{"clock_jumps", ingest.Warning, func(s symptoms) string {
		if s.jumps < manyFaults {
			return ""
		}
		return fmt.Sprintf("timestamps jumped or stood still %d times within a minute; viewers may hear gaps: restart the encoder,"+
			" and check the sources that it mixes", s.jumps)
	}},
	{"transcoding_slow", ingest.Warning, func(s symptoms) string {
		if s.overload < manyFaults {
			return ""
		}
		return "the server is too slow to make all lower qualities, which have gaps; lower the resolution or the frame rate," +
			" or ask the operator for a shorter transcode.ladder"
	}},
}

// advise says what to change.
func advise(s symptoms) (list []ingest.Advice) {
	for _, r := range rules {
		if text := r.text(s); text != "" {
			list = append(list, ingest.Advice{Code: r.code, Severity: r.severity, Text: text})
		}
	}
	return list
}
