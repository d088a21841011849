package check

import (
	"slices"
	"strings"
)

// multivariant is a multivariant playlist as it was read.
type multivariant struct {
	Faults      faults
	Independent bool
	Variants    []variant
	Media       []alternative
	IFrames     []variant
}

// variant is EXT-X-STREAM-INF or EXT-X-I-FRAME-STREAM-INF. Numbers are 0 when not
// given.
type variant struct {
	URI        string
	Bandwidth  int64
	Average    int64
	Codecs     []string
	Resolution string
	FrameRate  float64
	Groups     map[string]string // by type: AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS
}

// alternative is EXT-X-MEDIA.
type alternative struct {
	Type, Group, Name, URI string
	Default                bool
}

// multivariantTags belong to multivariant playlists alone (§4.4.6).
var multivariantTags = map[string]bool{
	"EXT-X-MEDIA": true, "EXT-X-STREAM-INF": true, "EXT-X-I-FRAME-STREAM-INF": true,
	"EXT-X-SESSION-DATA": true, "EXT-X-SESSION-KEY": true, "EXT-X-CONTENT-STEERING": true,
}

// isMultivariant tells which kind of playlist a text is.
func isMultivariant(text []byte) bool {
	lines, _ := readLines(text)
	return slices.ContainsFunc(lines, func(l line) bool { return multivariantTags[l.tag] })
}

// parseMultivariant reads a multivariant playlist as far as it can.
func parseMultivariant(text []byte) *multivariant {
	lines, f := readLines(text)
	m := &multivariant{Faults: f}
	seen := make(map[string]int)
	var waiting *variant // for its URI line
	for _, l := range lines {
		if waiting != nil && l.tag != "" {
			m.Faults.add(ruleTagPlace, "line %d: %s between EXT-X-STREAM-INF and its URI", l.number, quote(l.tag))
		}
		if l.tag == "" {
			if waiting == nil {
				m.Faults.add(ruleTagPlace, "line %d: a URI without EXT-X-STREAM-INF", l.number)
				continue
			}
			waiting.URI = l.value
			m.Variants = append(m.Variants, *waiting)
			waiting = nil
			continue
		}
		seen[l.tag]++
		if l.tag == "EXT-X-STREAM-INF" {
			waiting = new(m.variant(l))
			continue
		}
		m.tag(l, seen[l.tag])
	}
	if waiting != nil {
		m.Faults.add(ruleTagPlace, "EXT-X-STREAM-INF without its URI")
	}
	return m
}

func (m *multivariant) tag(l line, times int) {
	switch l.tag {
	case "EXTM3U", "EXT-X-SESSION-KEY", "EXT-X-DEFINE", "EXT-X-START":
	case "EXT-X-CONTENT-STEERING":
		l.fields(&m.Faults).need("SERVER-URI")
		if times > 1 {
			m.Faults.add(ruleTagOnce, "line %d: %s again", l.number, l.tag)
		}
	case "EXT-X-SESSION-DATA":
		l.fields(&m.Faults).need("DATA-ID")
	case "EXT-X-VERSION":
		if times > 1 {
			m.Faults.add(ruleVersion, "line %d: EXT-X-VERSION again", l.number)
		}
	case "EXT-X-INDEPENDENT-SEGMENTS":
		m.Independent = true
		if times > 1 {
			m.Faults.add(ruleTagOnce, "line %d: %s again", l.number, l.tag)
		}
	case "EXT-X-MEDIA":
		a := l.fields(&m.Faults)
		a.need("TYPE", "GROUP-ID", "NAME")
		m.Media = append(m.Media, alternative{
			Type: a.word("TYPE"), Group: a.text("GROUP-ID"), Name: a.text("NAME"), URI: a.text("URI"), Default: a.yes("DEFAULT"),
		})
	case "EXT-X-I-FRAME-STREAM-INF":
		v := m.variant(l)
		a := l.fields(&m.Faults)
		a.need("URI")
		v.URI = a.text("URI")
		m.IFrames = append(m.IFrames, v)
	default:
		rule, what := ruleKnownTags, "unknown tag"
		if _, known := mediaTags[l.tag]; known {
			rule, what = ruleTagPlace, "tag of a media playlist"
		}
		m.Faults.add(rule, "line %d: %s %s", l.number, what, quote(l.tag))
	}
}

// variant reads the attributes that both kinds of variants have (§4.4.6.2).
func (m *multivariant) variant(l line) variant {
	a := l.fields(&m.Faults)
	v := variant{
		Bandwidth: a.integer("BANDWIDTH", 0), Average: a.integer("AVERAGE-BANDWIDTH", 0),
		Resolution: a.word("RESOLUTION"), FrameRate: a.seconds("FRAME-RATE", 0).Seconds(),
		Groups: make(map[string]string),
	}
	if codecs := a.text("CODECS"); codecs != "" {
		for codec := range strings.SplitSeq(codecs, ",") {
			v.Codecs = append(v.Codecs, strings.TrimSpace(codec))
		}
	}
	for _, kind := range []string{"AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"} {
		if g, ok := a.values[kind]; ok && (g.quoted || g.value != "NONE") {
			v.Groups[kind] = g.value
		}
	}
	return v
}
