package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// breach is a way to break one rule. enter runs the checks that must catch it.
type breach struct {
	name  string
	rule  ruleID
	enter func(l *ledger)
	also  []ruleID // that cannot but break with it
}

// breaches of all rules; each file of tests adds its own.
func breaches() []breach {
	return slices.Concat(playlistBreaches(), partBreaches(), updateBreaches(), dateRangeBreaches(), deltaBreaches(),
		mediaBreaches(), renditionBreaches(), multivariantBreaches(), answerBreaches())
}

func TestBreachesAreCaught(t *testing.T) {
	for _, tt := range breaches() {
		t.Run(rules[tt.rule].id+"/"+tt.name, func(t *testing.T) {
			l := newLedger()
			tt.enter(l)
			for i, r := range rules {
				id := ruleID(i)
				failed := l.entries[id].failed > 0
				wanted := id == tt.rule || slices.Contains(tt.also, id)
				if failed != wanted {
					t.Errorf("%s: failed is %v, %d checks: %v", r.id, failed, l.entries[id].checked, l.entries[id].violations)
				}
			}
		})
	}
}

// Every rule has a test that shows it caught, and an entry in the table.
func TestEveryRuleHasABreach(t *testing.T) {
	caught := make(map[ruleID]bool)
	for _, b := range breaches() {
		caught[b.rule] = true
	}
	ids := make(map[string]bool)
	groups := []string{groupPlaylist, groupLowLatency, groupReload, groupDelta, groupMedia, groupRenditions, groupMultivariant, groupHTTP}
	if !slices.IsSortedFunc(rules, func(a, b rule) int { return slices.Index(groups, a.group) - slices.Index(groups, b.group) }) {
		t.Errorf("the rules are not in the order of their groups: %v", rules)
	}
	for id, r := range rules {
		if !caught[ruleID(id)] {
			t.Errorf("no test breaks %s", r.id)
		}
		if r.id == "" || r.title == "" || r.section == "" || r.group == "" || ids[r.id] {
			t.Errorf("rule %d is incomplete or stands twice: %+v", id, r)
		}
		ids[r.id] = true
	}
}

func TestPlaylistsAreBounded(t *testing.T) {
	p := parse("#EXTM3U\n" + strings.Repeat("a\n", 2*maxLines))
	if len(p.Segments) >= maxLines || len(p.Faults) != keptFaults {
		t.Errorf("%d segments, %d faults", len(p.Segments), len(p.Faults))
	}
	p = parse("#EXTM3U\n" + strings.Repeat("#EXT-X-DATERANGE:ID=\"a\"\n", 2*metadataKept))
	if len(p.DateRanges) != metadataKept {
		t.Errorf("%d date ranges", len(p.DateRanges))
	}
}

// clean fails the test if anything is broken.
func clean(t *testing.T, l *ledger) {
	t.Helper()
	for id := range rules {
		for _, v := range l.entries[id].violations {
			t.Errorf("%s: %v: %s", rules[id].id, v.Position, v.Detail)
		}
	}
}

// window describes a playlist that keeps every rule: segments of 2 s and four parts,
// of which the last ones are listed.
type window struct {
	first, open int64 // the oldest segment and the one in progress
	parts       int   // of the open segment
	ended       bool
}

var usual = window{first: 100, open: 110, parts: 2}

// text writes the playlist.
func (w window) text() string {
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n" +
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,PART-HOLD-BACK=1.5,HOLD-BACK=6.0\n" +
		"#EXT-X-PART-INF:PART-TARGET=0.5\n")
	fmt.Fprintf(&b, "#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-MAP:URI=\"init.mp4\"\n", w.first)
	for msn := w.first; msn <= w.open; msn++ {
		parts := 4
		if msn == w.open {
			if parts = w.parts; w.ended {
				break
			}
		} else if msn < w.open-4 {
			parts = 0
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", dateOf(msn).Format("2006-01-02T15:04:05.000Z07:00"))
		for n := range parts {
			independent := ""
			if n == 0 {
				independent = ",INDEPENDENT=YES"
			}
			fmt.Fprintf(&b, "#EXT-X-PART:DURATION=0.5,URI=\"%d.%d.m4s\"%s\n", msn, n, independent)
		}
		if msn < w.open {
			fmt.Fprintf(&b, "#EXTINF:2.0,\n%d.m4s\n", msn)
		}
	}
	if w.ended {
		return b.String() + "#EXT-X-ENDLIST\n"
	}
	fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%d.%d.m4s\"\n", w.open+int64(w.parts/4), w.parts%4)
	fmt.Fprintf(&b, "#EXT-X-RENDITION-REPORT:URI=\"audio.m3u8\",LAST-MSN=%d,LAST-PART=%d\n", w.open, w.parts-1)
	return b.String()
}

// slack of the checks about time.
const slack = defaultSlack

// epoch is the program date of segment 0.
var epoch = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func dateOf(msn int64) time.Time { return epoch.Add(time.Duration(msn) * 2 * time.Second) }

// edit replaces text, which must be there.
func edit(text string, oldnew ...string) string {
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			panic("not in the text: " + oldnew[i])
		}
		text = strings.Replace(text, oldnew[i], oldnew[i+1], 1)
	}
	return text
}

func parse(text string) *mediaPlaylist { return parseMediaPlaylist([]byte(text)) }

// static checks one playlist by itself.
func static(text string) func(*ledger) {
	return func(l *ledger) { checkPlaylist(l, "video", parse(text), 50*time.Millisecond) }
}

// updated checks two versions.
func updated(before, after string) func(*ledger) {
	return func(l *ledger) { checkUpdate(l, "video", parse(before), parse(after)) }
}

func TestUsualPlaylistsAreClean(t *testing.T) {
	l := newLedger()
	versions := []window{
		usual, {100, 110, 3, false}, {100, 110, 4, false}, {101, 111, 1, false}, {102, 112, 2, false}, {102, 113, 0, true},
	}
	for i, w := range versions {
		static(w.text())(l)
		if i > 0 {
			updated(versions[i-1].text(), w.text())(l)
		}
	}
	clean(t, l)
	if l.entries[ruleHint].checked == 0 || l.entries[rulePartKept].checked == 0 {
		t.Error("hints or parts were not checked")
	}
}
