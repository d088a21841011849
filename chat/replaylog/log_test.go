package replaylog

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/packager"
)

func text(n int, more string) []byte {
	return fmt.Appendf(nil, `{"id":"%04d","text":"hello","at":%d,"sent":%d%s}`, n, 5000+n, 9000+n, more)
}

// add adds a publication of another process.
func add(tracks *Logs, room string, data []byte, sent time.Time) {
	tracks.Add(room, data, message.Read(data), sent)
}

func (t *Log) add(data []byte, sent time.Time) { t.Add(data, message.Read(data), sent) }

func ms(n int64) time.Time { return time.UnixMilli(n) }

// items are what an object would hold, which must be JSON.
func items(t *testing.T, cut packager.Items) (all []map[string]any) {
	t.Helper()
	if err := json.Unmarshal(fmt.Appendf(nil, "[%s]", cut.Text), &all); err != nil {
		t.Fatalf("%v in %.200s", err, cut.Text)
	}
	if len(all) != cut.Count {
		t.Fatalf("%d items, said to be %d", len(all), cut.Count)
	}
	return all
}

func TestCutHoldsWhatCameInOrder(t *testing.T) {
	tracks := New(nil)
	add(tracks, "show", text(0, ""), ms(9000)) // off air: nobody cuts
	source := tracks.Open("show")
	if cut := source.Cut(); cut.Count != 0 {
		t.Errorf("a room that was off air has %d items", cut.Count)
	}
	add(tracks, "show", []byte(`{"type":"delete","ids":["1"],"sent":9000}`), ms(9000))
	for n := range 3 {
		add(tracks, "show", text(n, ""), ms(int64(9000+n)))
	}
	add(tracks, "other", text(7, ""), ms(9000))
	cut := source.Cut()
	all := items(t, cut)
	if len(all) != 4 || all[0]["type"] != "delete" || all[1]["id"] != "0000" || all[3]["id"] != "0002" {
		t.Errorf("items %v", all)
	}
	if cut.From != 5000 {
		t.Errorf("from %d", cut.From)
	}
	add(tracks, "show", text(3, ""), ms(9003))
	if again := items(t, source.Cut()); len(again) != 1 || again[0]["id"] != "0003" {
		t.Errorf("the next object has %v", again)
	}
	if next := source.Cut(); next.Count != 0 || next.Text != nil {
		t.Errorf("an object of nothing has %+v", next)
	}
}

func TestTimeOfItems(t *testing.T) {
	for _, tt := range []struct {
		data string
		from int64
	}{
		{`{"at":5000,"sent":9000}`, 5000},
		{`{"at":0,"sent":9000}`, 9000},
		{`{"type":"room","sent":9000}`, 9000},
		{`{"at":9999,"sent":9000}`, 9999}, // the publisher's clock runs fast
	} {
		source := New(nil).Open("show")
		source.(*owned).add([]byte(tt.data), ms(9000))
		if cut := source.Cut(); cut.From != tt.from {
			t.Errorf("%s is of %d", tt.data, cut.From)
		}
	}
}

func TestFloodIsSampledFairly(t *testing.T) {
	tracks := New(nil)
	track := newLog(8<<10, tracks.dropped)
	const sent = 4000
	for n := range sent {
		more := ""
		if n%1000 == 500 {
			more = `,"user":{"id":"h","role":"host"}`
		}
		track.add(text(n, more), ms(int64(9000+n)))
	}
	track.add([]byte(`{"type":"delete","ids":["0001"],"sent":1}`), ms(20000))
	cut := track.Cut()
	if len(cut.Text) > 8<<10 || len(cut.Text) < 3<<10 {
		t.Errorf("an object has %d bytes", len(cut.Text))
	}
	all := items(t, cut)
	if len(all)+cut.Dropped != sent+1 {
		t.Errorf("%d kept and %d dropped of %d", len(all), cut.Dropped, sent+1)
	}
	quarters, hosts := [4]int{}, 0
	for _, item := range all[:len(all)-1] {
		if user, ok := item["user"].(map[string]any); ok && user["role"] == "host" {
			hosts++
			continue
		}
		quarters[(int(item["sent"].(float64))-9000)*4/sent]++
	}
	if hosts != 4 || all[len(all)-1]["type"] != "delete" {
		t.Errorf("%d messages of the host, then %v", hosts, all[len(all)-1])
	}
	for _, n := range quarters {
		if mean := (len(all) - 5) / 4; n < mean*3/4 || n > mean*5/4 {
			t.Errorf("kept from each quarter: %v", quarters)
			break
		}
	}
	if dropped := testutil.ToFloat64(tracks.dropped); int(dropped) != cut.Dropped {
		t.Errorf("counted %v of %d", dropped, cut.Dropped)
	}
	track.add(text(1, ""), ms(1))
	if next := track.Cut(); next.Count != 1 || next.Dropped != 0 {
		t.Errorf("after the flood: %+v", next)
	}
}

func TestOnlyEventsAreBoundedToo(t *testing.T) {
	track := newLog(1<<10, New(nil).dropped)
	for range 200 {
		track.add([]byte(`{"type":"room","revision":1,"sent":1}`), ms(1))
	}
	if cut := track.Cut(); len(cut.Text) > 1<<10 || cut.Count+cut.Dropped != 200 {
		t.Errorf("%d bytes, %d and %d", len(cut.Text), cut.Count, cut.Dropped)
	}
}

func TestBadPublications(t *testing.T) {
	track := newLog(maxObject, New(nil).dropped)
	for _, bad := range []string{"", "null", "[1]", "7", `{"at":1`, `{"at":"x"}`, `{}{}`, `{},{}`, "{" + strings.Repeat(" ", maxObject) + "}"} {
		track.add([]byte(bad), ms(1))
	}
	if cut := track.Cut(); cut.Count != 0 {
		t.Errorf("kept %q", cut.Text)
	}
}

func TestEndLeavesTheSuccessor(t *testing.T) {
	tracks := New(nil)
	first := tracks.Open("show")
	second := tracks.Open("show")
	first.End()
	add(tracks, "show", text(1, ""), ms(1))
	if cut := second.Cut(); cut.Count != 1 {
		t.Errorf("the successor has %d items", cut.Count)
	}
	second.End()
	second.(*owned).add(text(1, ""), ms(1))
	if cut := second.Cut(); cut.Count != 0 || len(*tracks.open.Load()) != 0 {
		t.Error("it goes on after its end")
	}
	var off *Logs
	add(off, "show", text(1, ""), ms(1))
}

// TestAddWhileCutting is for the race detector: what a cut gave is read while more comes.
func TestAddWhileCutting(t *testing.T) {
	tracks := New(nil)
	source := tracks.Open("show")
	const sent = 2000
	var writers sync.WaitGroup
	writers.Go(func() {
		for n := range sent {
			add(tracks, "show", text(n, ""), ms(9000))
		}
	})
	total := 0
	for done := make(chan struct{}); ; {
		cut := source.Cut()
		total += len(items(t, cut))
		select {
		case <-done:
			total += len(items(t, source.Cut()))
			if total != sent {
				t.Errorf("%d of %d", total, sent)
			}
			return
		default:
		}
		if total == 0 {
			continue
		}
		writers.Wait()
		close(done)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte(`{"text":"hello","at":5,"user":{"role":"host"}}`), []byte(`{"type":"delete"}`))
	f.Add([]byte(`{"at":1e99}`), []byte("{}\x00"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		track := newLog(200, New(nil).dropped)
		for range 3 {
			track.add(first, ms(7))
			track.add(second, ms(8))
		}
		cut := track.Cut()
		if len(cut.Text) > 200 {
			t.Errorf("%d bytes", len(cut.Text))
		}
		var all []json.RawMessage
		if err := json.Unmarshal(fmt.Appendf(nil, "[%s]", cut.Text), &all); err != nil || len(all) != cut.Count {
			t.Errorf("%v: %d items of %d in %q", err, len(all), cut.Count, cut.Text)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	tracks := New(nil)
	source := tracks.Open("show")
	data := []byte(`{"id":"01jdx3m8k2f9q7w5","text":"so loud in here tonight, hello from Busan!","at":1795435200123,"user":{"id":"u-41","name":"Mina","role":"member","color":"#ff5fa2"},"sent":1795435208456}`)
	content := message.Read(data)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		tracks.Add("show", data, content, ms(1795435208456))
		if n++; n%500 == 0 {
			source.Cut()
		}
	}
}
