package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
)

// items makes a log of IDs, the last of which stands at top. A * marks what Redis was
// given already.
func items(ids string, top uint64) []Item {
	var list []Item
	words := strings.Fields(ids)
	for i, id := range words {
		name, sent := strings.CutSuffix(id, "*")
		list = append(list, Item{ID: name, Sent: sent, At: time.Now(), Pub: &centrifuge.Publication{Offset: top - uint64(len(words)-1-i)}})
	}
	return list
}

func TestCompare(t *testing.T) {
	type log struct {
		epoch string
		ids   string
		top   uint64
	}
	for _, tt := range []struct {
		name   string
		ours   log
		base   uint64
		theirs log
		want   string
	}{
		{"the same", log{"e", "1 2 3", 3}, 3, log{"e", "1 2 3", 3}, "from 3"},
		{"nothing yet", log{}, 0, log{"e", "1 2", 2}, "adopt from 0"},
		{"others spoke", log{"e", "1 2", 2}, 2, log{"e", "1 2 3 4", 4}, "from 2 foreign 3 4"},
		{"we spoke", log{"e", "1 2 a b", 4}, 2, log{"e", "1 2", 2}, "from 2 missing a b"},
		{"both spoke", log{"e", "1 2 a", 3}, 2, log{"e", "1 2 3 4", 4}, "from 2 foreign 3 4 missing a"},
		{"one was taken after all", log{"e", "1 2 a b", 4}, 2, log{"e", "1 2 3 a", 4}, "from 2 foreign 3 missing b"},
		{"order differs", log{"e", "1 2 a* 3", 4}, 4, log{"e", "1 2 3 a", 4}, "from 2"},
		{"order differs but for one", log{"e", "1 a* 3 4 5*", 5}, 5, log{"e", "1 3 a 4 5 6", 6}, "from 5 foreign 6"},
		{"redis is empty", log{"e", "1 2 a", 3}, 2, log{"f", "", 0}, "write back from 0"},
		{"redis lost the last", log{"e", "1 2 3 a", 4}, 3, log{"e", "1 2", 2}, "write back from 2"},
		{"lost, and others spoke", log{"e", "1 2 3 a", 4}, 3, log{"e", "1 2 x", 3}, "from 2 foreign x missing 3 a"},
		{"another history", log{"e", "1 2 a", 3}, 2, log{"f", "x", 1}, "adopt from 2 missing a"},
		{"another history, all told", log{"e", "1 2 a", 3}, 2, log{"f", "x a", 2}, "adopt from 2"},
		{"a hole in theirs", log{"e", "1 2 a", 3}, 2, log{"e", "8 9", 9}, "adopt from 2 missing a"},
		{"a hole in ours", log{"e", "c d", 9}, 2, log{"e", "1 2", 2}, "adopt from 2 missing c d"},
		{"expired on both sides", log{"e", "", 7}, 7, log{"e", "", 7}, "from 7"},
		{"an offset agrees by chance", log{"e", "1 2* 3 4*", 4}, 4, log{"e", "1 x 3 4", 4}, "from 4 foreign x missing 2"},
		{"redis shows less", log{"e", "5* 6* 7 8", 8}, 8, log{"e", "7 8", 8}, "from 8"},
		{"the log shows less", log{"e", "7 8", 8}, 8, log{"e", "5 6 7 8", 8}, "from 8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &Log{History: History{tt.ours.epoch, tt.ours.top, items(tt.ours.ids, tt.ours.top)}, base: tt.base}
			p := l.compare(History{tt.theirs.epoch, tt.theirs.top, items(tt.theirs.ids, tt.theirs.top)}, time.Now())
			got := fmt.Sprint("from ", p.from)
			if p.adopt {
				got = "adopt " + got
			}
			if p.writeBack {
				got = "write back " + got
			}
			if len(p.foreign) > 0 {
				got += " foreign " + strings.Join(ids(p.foreign), " ")
			}
			if len(p.missing) > 0 {
				got += " missing " + strings.Join(ids(p.missing), " ")
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRead(t *testing.T) {
	l := &Log{History: History{"e", 9, items("5 6 7 8 9", 9)}, base: 9, ambiguous: Range{6, 8}}
	since := func(n uint64) *centrifuge.StreamPosition { return &centrifuge.StreamPosition{Offset: n, Epoch: "e"} }
	for _, tt := range []struct {
		name   string
		filter centrifuge.HistoryFilter
		want   []uint64
	}{
		{"position", centrifuge.HistoryFilter{}, nil},
		{"all", centrifuge.HistoryFilter{Limit: -1}, []uint64{5, 6, 7, 8, 9}},
		{"last", centrifuge.HistoryFilter{Limit: 2, Reverse: true}, []uint64{9, 8}},
		{"first", centrifuge.HistoryFilter{Limit: 2}, []uint64{5, 6}},
		{"since", centrifuge.HistoryFilter{Limit: -1, Since: since(8)}, []uint64{9}},
		{"since the last", centrifuge.HistoryFilter{Limit: -1, Since: since(9)}, nil},
		{"since before all", centrifuge.HistoryFilter{Limit: -1, Since: since(1)}, []uint64{5, 6, 7, 8, 9}},
		{"since what is to come", centrifuge.HistoryFilter{Limit: -1, Since: since(20)}, nil},
		{"since the end of numbers", centrifuge.HistoryFilter{Limit: -1, Since: since(1<<64 - 1)}, []uint64{5, 6, 7, 8, 9}},
		{"before", centrifuge.HistoryFilter{Limit: 2, Reverse: true, Since: since(8)}, []uint64{7, 6}},
		{"before all", centrifuge.HistoryFilter{Limit: 2, Reverse: true, Since: since(2)}, nil},
		{"ambiguous", centrifuge.HistoryFilter{Limit: -1, Since: since(7)}, nil},
	} {
		pubs, position := l.Read(tt.filter, true, time.Now())
		var got []uint64
		for _, p := range pubs {
			got = append(got, p.Offset)
		}
		if !slices.Equal(got, tt.want) || position.Offset != 9 || position.Epoch != "e" {
			t.Errorf("%s: %v at %v, want %v", tt.name, got, position, tt.want)
		}
	}
	l.base = 8 // isolated: above it, nobody is recovered
	if pubs, _ := l.Read(centrifuge.HistoryFilter{Limit: -1, Since: since(9)}, false, time.Now()); len(pubs) != 1 {
		t.Errorf("an answer that centrifuge takes for a recovery: %v", pubs)
	}
}

func TestLogLimits(t *testing.T) {
	l := &Log{}
	for i := range MaxLog + 500 {
		l.add(Item{ID: fmt.Sprint(i), At: time.Now(), Pub: &centrifuge.Publication{}}, MaxLog)
	}
	if len(l.Items) != MaxLog || l.first() != 501 {
		t.Errorf("%d items from %d", len(l.Items), l.first())
	}
	l.trim(time.Now())
	if len(l.Items) != HistorySize {
		t.Errorf("%d items", len(l.Items))
	}
	l.trim(time.Now().Add(2 * HistoryTime))
	if len(l.Items) != 0 || l.first() != l.Top+1 {
		t.Errorf("%d items", len(l.Items))
	}
	for i := range MaxUnseen + 500 {
		l.AwaitReturn(Item{ID: fmt.Sprint("u", i), Pub: &centrifuge.Publication{}}, centrifuge.StreamPosition{Offset: 1 << 40})
	}
	if len(l.unseen) != MaxUnseen {
		t.Errorf("%d unseen", len(l.unseen))
	}
}
