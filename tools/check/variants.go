package check

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// checkMultivariant checks what a multivariant playlist tells by itself.
func checkMultivariant(l *ledger, m *multivariant) {
	where := in("multivariant")
	checkFaults(l, where, m.Faults, syntaxRules)
	groups := make(map[string][]alternative)
	for _, a := range m.Media {
		groups[a.Type+" "+a.Group] = append(groups[a.Type+" "+a.Group], a)
	}
	for name, members := range groups {
		names, defaults := make(map[string]bool), 0
		for _, a := range members {
			names[a.Name] = true
			if a.Default {
				defaults++
			}
		}
		l.check(ruleGroupMembers, where, len(names) == len(members) && defaults <= 1,
			"group %s: %d members with %d names, %d defaults", quote(name), len(members), len(names), defaults)
	}
	for _, v := range slices.Concat(m.Variants, m.IFrames) {
		where := in(v.URI)
		l.check(ruleBandwidth, where, v.Bandwidth > 0, "no BANDWIDTH")
		l.check(ruleCodecs, where, len(v.Codecs) > 0, "no CODECS")
		for kind, group := range v.Groups {
			l.check(ruleGroups, where, len(groups[kind+" "+group]) > 0, "%s group %s does not exist", kind, quote(group))
		}
	}
	for _, v := range m.Variants {
		l.check(ruleBandwidthAverage, in(v.URI), v.Average > 0 && v.Average <= v.Bandwidth,
			"AVERAGE-BANDWIDTH %d, BANDWIDTH %d", v.Average, v.Bandwidth)
		if v.hasVideo() {
			l.check(ruleResolution, in(v.URI), v.Resolution != "" && v.FrameRate > 0, "no RESOLUTION or FRAME-RATE")
		}
	}
}

// videoCodecs are prefixes of RFC 6381 codecs that are video.
var videoCodecs = []string{"avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe", "av01", "vp08", "vp09"}

// hasVideo tells from CODECS.
func (v variant) hasVideo() bool {
	return slices.ContainsFunc(v.Codecs, func(codec string) bool {
		return slices.ContainsFunc(videoCodecs, func(p string) bool { return strings.HasPrefix(codec, p) })
	})
}

// averageSlack is by how much a short watch may find another average than the long
// run has.
const averageSlack = 1.5

// checkVariant compares a variant with the media of its renditions: the first is the
// variant's own, the others are those of its audio group, if they are apart.
func checkVariant(l *ledger, v variant, own measured, audio []measured) {
	if own.playlist == nil || len(own.facts) == 0 {
		return
	}
	peak, average := own.peak(), own.average()
	var audioPeak, audioAverage float64
	for _, a := range audio {
		if a.name != own.name && a.playlist != nil && len(a.facts) > 0 {
			audioPeak, audioAverage = max(audioPeak, a.peak()), max(audioAverage, a.average())
		}
	}
	where := in(own.name)
	l.check(ruleBandwidthPeak, where, peak+audioPeak <= float64(v.Bandwidth),
		"the peak is %.0f bit/s, BANDWIDTH %d", peak+audioPeak, v.Bandwidth)
	if v.Average > 0 {
		l.check(ruleBandwidthAverage, where, average+audioAverage <= averageSlack*float64(v.Average),
			"the average is %.0f bit/s, AVERAGE-BANDWIDTH %d", average+audioAverage, v.Average)
	}
	f := own.facts[own.order[len(own.order)-1]]
	checkFormats(l, v, own.name, f)
	for _, a := range audio {
		if len(a.order) > 0 {
			checkFormats(l, v, a.name, a.facts[a.order[len(a.order)-1]])
		}
	}
	checkPicture(l, v, where, f)
}

// checkFormats checks that CODECS has every sample entry (§6.2.4).
func checkFormats(l *ledger, v variant, name string, f facts) {
	if len(v.Codecs) == 0 {
		return
	}
	for _, entry := range f.Entries {
		said := slices.ContainsFunc(v.Codecs, func(c string) bool {
			return strings.EqualFold(strings.SplitN(c, ".", 2)[0], entry)
		})
		l.check(ruleCodecsTrue, in(name), said || entry == "encv" || entry == "enca",
			"%s is in the media, CODECS is %s", quote(entry), quote(strings.Join(v.Codecs, ",")))
	}
}

// checkPicture compares size and frame rate. FRAME-RATE is the highest: fewer frames
// may come, by a lazy camera.
func checkPicture(l *ledger, v variant, where Position, f facts) {
	if f.Width == 0 {
		return
	}
	if size := fmt.Sprintf("%dx%d", f.Width, f.Height); v.Resolution != "" {
		l.check(ruleResolutionTrue, where, v.Resolution == size, "RESOLUTION is %s, the picture %s", quote(v.Resolution), size)
	}
	if v.FrameRate > 0 && f.FrameRate > 0 {
		l.check(ruleResolutionTrue, where, f.FrameRate <= v.FrameRate*1.05+0.5,
			"FRAME-RATE is %.3f, frames come at %.3f", v.FrameRate, math.Round(f.FrameRate*1000)/1000)
	}
}
