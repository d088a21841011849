package packager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// talk is a source that is told what to say.
type talk struct {
	text  []byte
	count int
	from  int64
	more  int // dropped
	ended bool
}

func (k *talk) say(from int64, format string, args ...any) {
	if k.count == 0 {
		k.from = from
	} else {
		k.text = append(k.text, ',')
	}
	k.text = fmt.Appendf(k.text, format, args...)
	k.count++
}

func (k *talk) Cut() Items {
	items := Items{Text: k.text, Count: k.count, From: k.from, Dropped: k.more}
	*k = talk{}
	return items
}

func (k *talk) End() { k.ended = true }

// listener keeps what a recorder is told of timed objects.
type listener struct {
	Discard
	kept    []TimedObjectEntry
	expired []TimedObjectEntry
}

func (l *listener) TimedObject(_ string, o *TimedObject) {
	l.kept = append(l.kept, o.TimedObjectEntry)
}

func (l *listener) ExpireTimedObject(_ string, e TimedObjectEntry) { l.expired = append(l.expired, e) }

func chatOf(t testing.TB, s *Stream) *TimedObjects {
	t.Helper()
	c, ok := s.TimedObjects("chat")
	if !ok {
		t.Fatal("there is no timedObjects")
	}
	return c
}

// index is a series of timed objects' index as a page reads it.
type index struct {
	Version, First, Next int64
	Ended                bool
	Objects              []struct {
		N, Date, Duration, Items, From int64
		URI                            string
	}
}

func indexOf(t testing.TB, d *Document) (x index) {
	t.Helper()
	if err := json.Unmarshal(d.Plain(), &x); err != nil {
		t.Fatalf("%v in %s", err, d.Plain())
	}
	return x
}

func TestTimedObjectsAreCutWithTheSegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &talk{}
		s := NewStream(Config{}, &listener{}, TimedObjectSeries{"chat", heard})
		at := startTime.UnixMilli()
		p := newSource(s, [2]int64{30, 1}, 60, 48000)
		p.begin(t, "pub")
		heard.say(at-400, `{"id":"a","text":"before the first picture"}`)
		p.run(5 * time.Second) // two segments are closed
		heard.say(at+4000, `{"id":"b","text":"안녕"}`)
		heard.say(at+3000, `{"id":"c","text":"late"}`)
		heard.more = 7
		p.run(3 * time.Second)
		c := chatOf(t, s)
		golden(t, "timed-index.json", c.Snapshot().Index().Plain())
		o, err := c.Object(2)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "timed-object.json", o.Document().Plain())
		if o, err := c.Object(1); err != nil || string(o.Document().Plain()) != `{"n":1,"date":`+fmt.Sprint(at+2000)+`,"duration":2000,"items":[]}`+"\n" {
			t.Errorf("an empty object: %v, %s", err, o.Document().Plain())
		}

		// What comes after the last picture has an object of its own.
		s.End()
		heard.say(at+7000, `{"id":"d","text":"bye"}`)
		s.Finish()
		snap := c.Snapshot()
		x := indexOf(t, snap.Index())
		last := x.Objects[len(x.Objects)-1]
		if !x.Ended || last.Items != 1 || last.N != rendition(t, s, "source").Snapshot().LastMSN+1 {
			t.Errorf("at the end: %s", snap.Index().Plain())
		}
		if !heard.ended {
			t.Error("the source was not told")
		}
		s.Finish() // once more changes nothing
		if again := c.Snapshot(); again.LastMSN != snap.LastMSN {
			t.Errorf("%d after %d", again.LastMSN, snap.LastMSN)
		}
	})
}

func TestTimedObjectIndexBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &talk{}
		s := NewStream(Config{}, Discard{}, TimedObjectSeries{"chat", heard})
		p := newSource(s, [2]int64{30, 1}, 60, 0)
		p.begin(t, "pub")
		c := chatOf(t, s)
		await := func(msn int64) chan *TimedObjectSnapshot {
			got := make(chan *TimedObjectSnapshot, 1)
			go func() {
				snap, err := c.Await(t.Context(), msn)
				if err != nil {
					t.Error(err)
				}
				got <- snap
			}()
			synctest.Wait()
			return got
		}
		first := await(-1)
		p.run(5 * time.Second)
		if snap := <-first; snap.LastMSN < 0 {
			t.Error("nothing came")
		}
		last := c.Snapshot().LastMSN
		waiting := await(last + 2)
		p.run(2 * time.Second)
		synctest.Wait()
		if len(waiting) > 0 {
			t.Error("an object was said to be there before its segment ended")
		}
		p.run(2 * time.Second)
		if snap := <-waiting; snap.LastMSN != last+2 || snap.Index() != c.Snapshot().Index() {
			t.Errorf("%d, want %d", snap.LastMSN, last+2)
		}
		if _, err := c.Await(t.Context(), last+5); !errors.Is(err, ErrTooFar) {
			t.Errorf("too far: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Await(ctx, last+3); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing came: %v", err)
		}
		s.Halt()
		if _, err := c.Await(t.Context(), last+3); !errors.Is(err, ErrHalted) {
			t.Errorf("at shutdown: %v", err)
		}
	})
}

func TestTimedObjectsWindow(t *testing.T) {
	l := &listener{}
	heard := &talk{}
	s := NewStream(Config{DVR: 200 * time.Second}, l, TimedObjectSeries{"chat", heard})
	p := newSource(s, [2]int64{30, 1}, 60, 0)
	p.begin(t, "pub")
	for n := range 500 {
		if n%2 == 0 {
			heard.say(1, `{"n":%d}`, n)
		}
		p.run(2 * time.Second)
	}
	c := chatOf(t, s)
	snap := c.Snapshot()
	x := indexOf(t, snap.Index())
	if len(x.Objects) != timedObjectListed || x.Next != snap.LastMSN+1 || x.First != x.Next-timedObjectListed {
		t.Errorf("%d objects, %d to %d of %d", len(x.Objects), x.First, x.Next, snap.LastMSN)
	}
	if o, _ := c.Object(x.First - 2); o.Items == 0 || o.Document() != nil {
		t.Error("what the index lists no more is in memory")
	}
	if _, err := c.Object(0); !errors.Is(err, ErrGone) {
		t.Errorf("the first object: %v", err)
	}
	window := rendition(t, s, "source").window
	if n := int64(len(l.expired)); n == 0 || snap.closed[0].MSN != window.retained[0].MSN || l.expired[n-1].MSN >= snap.closed[0].MSN {
		t.Errorf("%d expired, from %d on there are objects, and segments from %d on", n, snap.closed[0].MSN, window.retained[0].MSN)
	}
	// A viewer who rewinds asks for a span.
	d, err := snap.Span(Span{Start: startTime.Add(900 * time.Second), End: startTime.Add(920 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if x := indexOf(t, d); len(x.Objects) != 10 || x.Objects[0].N != 450 || x.Objects[0].Date != startTime.Add(900*time.Second).UnixMilli() {
		t.Errorf("of a span: %s", d.Plain())
	}
	if again, _ := snap.Span(Span{Start: startTime.Add(901 * time.Second), End: startTime.Add(919 * time.Second)}); again != d {
		t.Error("the same objects are listed twice")
	}
	if _, err := snap.Span(Span{Start: startTime.Add(time.Hour)}); !errors.Is(err, ErrGone) {
		t.Errorf("a span to come: %v", err)
	}
}

// TestTimedObjectsSurviveTheProcess restores a stream that was torn in the middle of a segment.
func TestTimedObjectsSurviveTheProcess(t *testing.T) {
	d := &diary{}
	heard := &talk{}
	s := NewStream(Config{}, d, TimedObjectSeries{"chat", heard})
	p := newSource(s, [2]int64{30, 1}, 60, 0)
	p.begin(t, "pub")
	for n := range 10 {
		heard.say(1, `{"n":%d}`, n)
		p.run(2 * time.Second)
	}
	before := chatOf(t, s).Snapshot()
	h := d.reread(t)
	h.Torn = true
	after := &talk{}
	again, err := Restore(Config{}, d, h, d.locate, TimedObjectSeries{"chat", after})
	if err != nil {
		t.Fatal(err)
	}
	c := chatOf(t, again)
	restored := c.Snapshot()
	if restored.LastMSN != before.LastMSN+1 {
		t.Errorf("%d after %d: the lost segment's number could be used again", restored.LastMSN, before.LastMSN)
	}
	listed := func(s *TimedObjectSnapshot) string { return string(s.appendIndex(nil, s.closed[:len(before.closed)])) }
	if strings.ReplaceAll(listed(restored), `,"ended":true`, "") != listed(before) {
		t.Errorf("listed\n%s\nwas\n%s", listed(restored), listed(before))
	}
	if o, _ := c.Object(before.LastMSN); o == nil || o.Document() != nil {
		t.Error("an object of the earlier process is not left to storage")
	}
	q := newSource(again, [2]int64{30, 1}, 60, 0)
	q.base = 100 * 90000
	after.say(2, `{"new":true}`)
	q.begin(t, "pub2")
	q.run(5 * time.Second)
	snap := c.Snapshot()
	o, err := c.Object(restored.LastMSN + 1)
	if err != nil || o.Publication != "pub2" || !bytes.Contains(o.Document().Plain(), []byte(`"new"`)) || snap.LastMSN <= restored.LastMSN {
		t.Errorf("%v: %+v", err, o)
	}
}

// TestTimedObjectsFollowTheLeader has a rendition that restarts in the middle of a segment.
func TestTimedObjectsFollowTheLeader(t *testing.T) {
	l := &listener{}
	s := NewStream(Config{}, l, TimedObjectSeries{"chat", &talk{}})
	p := newSource(s, [2]int64{30, 1}, 60, 0)
	p.follower = "360p"
	p.begin(t, "pub")
	p.run(5 * time.Second)
	other := videoTrack()
	other.Width = 320
	if err := s.SetTrack("360p", "pub", other); err != nil {
		t.Fatal(err)
	}
	p.run(10 * time.Second)
	for i, e := range l.kept {
		if e.MSN != int64(i) || e.Publication != "pub" || e.Duration != 2*time.Second || !e.ProgramDateTime.Equal(startTime.Add(time.Duration(i)*2*time.Second)) {
			t.Errorf("object %d: %+v", i, e)
		}
	}
	if len(l.kept) < 5 {
		t.Errorf("%d objects", len(l.kept))
	}
}

// TestTimedObjectsWithoutASource restores a stream whose chat is switched off meanwhile.
func TestTimedObjectsWithoutASource(t *testing.T) {
	d := &diary{}
	s := NewStream(Config{}, d, TimedObjectSeries{"chat", &talk{}})
	p := newSource(s, [2]int64{30, 1}, 60, 0)
	p.begin(t, "pub")
	p.run(10 * time.Second)
	again, err := Restore(Config{}, d, d.reread(t), d.locate)
	if err != nil {
		t.Fatal(err)
	}
	c := chatOf(t, again)
	last := c.Snapshot().LastMSN
	if snap, err := c.Await(t.Context(), last+1); err != nil || !indexOf(t, snap.Index()).Ended {
		t.Errorf("nobody fills it, and it does not say so: %v", err)
	}
	q := newSource(again, [2]int64{30, 1}, 60, 0)
	q.base = 100 * 90000
	q.begin(t, "pub2")
	q.run(5 * time.Second)
	again.Finish()
	if got := c.Snapshot().LastMSN; got != last {
		t.Errorf("%d after %d", got, last)
	}
}

func TestMirrorListsAllTimedObjects(t *testing.T) {
	l := &listener{}
	s := NewStream(Config{Static: true, Base: "../../"}, l)
	for _, e := range []TimedObjectEntry{
		{MSN: 5, Publication: "p", ProgramDateTime: startTime, Duration: 2 * time.Second, Items: 1, From: 7},
		{MSN: 8, Publication: "p", ProgramDateTime: startTime.Add(6 * time.Second), Duration: 2 * time.Second, Items: 2, From: 8, Revision: 3},
		{MSN: 7, Publication: "p", ProgramDateTime: startTime.Add(4 * time.Second), Duration: 2 * time.Second, Items: 9},
		{MSN: 8 + maxHole + 1, Publication: "p", ProgramDateTime: startTime, Duration: time.Second},
	} {
		s.AppendTimedObject("chat", e)
		if e.MSN > 10 {
			break
		}
		if x := indexOf(t, chatOf(t, s).Snapshot().Index()); e.MSN == 8 {
			if x.First != 5 || x.Next != 9 || x.Objects[1].Items != 0 || x.Objects[2].Date != startTime.Add(4*time.Second).UnixMilli() {
				t.Errorf("%+v", x)
			}
			if x.Objects[3].URI != "../../../p/chat/8-3.json" {
				t.Errorf("URI %s", x.Objects[3].URI)
			}
		}
	}
	if x := indexOf(t, chatOf(t, s).Snapshot().Index()); len(x.Objects) != 1 {
		t.Errorf("after a hole of hours: %+v", x)
	}
}

func BenchmarkTimedObjectsCut(b *testing.B) {
	for _, n := range []int{0, 10, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			source := &fixed{Items{Count: n, From: 1}}
			if n > 0 {
				source.Text = bytes.Repeat([]byte(`{"id":"01jdx3m8k2f9q7w5","text":"hello from Busan!","at":1795435200123,"user":{"id":"u-41","name":"Mina","role":"member"},"sent":1795435208456},`), n)
				source.Text = source.Text[:len(source.Text)-1]
			}
			s := NewStream(Config{}, Discard{}, TimedObjectSeries{"chat", source})
			c := chatOf(b, s)
			msn := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				s.timed.endObjects(Entry{MSN: msn, Epoch: "pub", ProgramDateTime: startTime.Add(time.Duration(msn) * 2 * time.Second), Duration: 2 * time.Second}, msn-60)
				c.Snapshot().Index().Gzip()
				if o := c.closed[len(c.closed)-1]; n > 0 {
					o.Document().Gzip()
				}
				msn++
			}
		})
	}
}

type fixed struct{ Items }

func (f *fixed) Cut() Items { return f.Items }
func (f *fixed) End()       {}

func TestNamesOfTimedObjects(t *testing.T) {
	for want, e := range map[string]TimedObjectEntry{"0.json": {}, "1234.json": {MSN: 1234}, "1234-56.json": {MSN: 1234, Revision: 56}} {
		if got := e.File(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
