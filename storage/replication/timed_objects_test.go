package replication

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// gossip says something during every other segment.
type gossip struct{ cuts int }

func (g *gossip) Cut() packager.Items {
	if g.cuts++; g.cuts%2 == 0 {
		return packager.Items{}
	}
	return packager.Items{Text: fmt.Appendf(nil, `{"id":"%d"}`, g.cuts), Count: 1, From: 1}
}

func (*gossip) End() {}

const indexFile = "live/show/chat/index.json"

// checkIndex minds that an index never lists what isn't there.
func (b *bucket) checkIndex(key string, body io.ReadSeeker) {
	var x struct {
		Objects []struct{ URI string }
	}
	if err := json.NewDecoder(body).Decode(&x); err != nil {
		b.t.Errorf("%s: %v", key, err)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		b.t.Error(err)
	}
	for _, o := range x.Objects {
		if o.URI != "" {
			b.mustHave(path.Join(path.Dir(key), o.URI), key)
		}
	}
}

func (s *show) chat() string {
	c, _ := s.stream.TimedObjects("chat")
	return string(c.Snapshot().Index().Plain())
}

func TestBucketHasTheChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := beginWith(t, b, 1<<30, []packager.TimedObjectSeries{{Name: "chat", Source: &gossip{}}})
		s.run(60 * time.Second)
		synctest.Wait()
		if got, want := b.text(indexFile), s.chat(); got != want {
			t.Errorf("the bucket's index is\n%s\nlive is\n%s", got, want)
		}
		for key, want := range map[string]objectstore.Attributes{
			"live/show/first/chat/4.json": {ContentType: "application/json", CacheControl: httpcache.CacheControl(httpcache.TimedObjects)},
			indexFile:                     {ContentType: "application/json", CacheControl: httpcache.CacheControl(httpcache.LivePlaylist)},
		} {
			if got, err := b.Attributes(t.Context(), key); err != nil || got != want {
				t.Errorf("%s has %+v, %v", key, got, err)
			}
		}
		// Down for a minute: everything arrives, in order, which Put checks.
		b.fail(errors.New("503 Service Unavailable"))
		s.run(60 * time.Second)
		b.fail(nil)
		s.run(20 * time.Second)
		time.Sleep(10 * time.Second)
		if got, want := b.text(indexFile), s.chat(); got != want {
			t.Errorf("after the outage the bucket's index is\n%s\nlive is\n%s", got, want)
		}
		s.stream.End()
		s.stream.Finish()
		s.writer.End(nil, func() {})
		synctest.Wait()
		if !strings.Contains(b.text(indexFile), `"ended":true`) {
			t.Error("the end is not shown")
		}
		s.stop()
	})
}

// silence says nothing after a while.
type silence struct{ gossip }

func (s *silence) Cut() packager.Items {
	if s.cuts >= 5 {
		return packager.Items{}
	}
	return s.gossip.Cut()
}

func TestSilentRoomCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := beginWith(t, b, 1<<30, []packager.TimedObjectSeries{{Name: "chat", Source: &silence{}}})
		s.run(3 * time.Minute)
		synctest.Wait()
		indexes := func() (n int) {
			for _, key := range b.puts {
				if key == indexFile {
					n++
				}
			}
			return n
		}
		before := indexes()
		if text := b.text(indexFile); before > 40 || strings.Contains(text, "uri") {
			t.Errorf("%d requests, at last\n%s", before, text)
		}
		s.run(time.Minute)
		synctest.Wait()
		if n := indexes(); n != before {
			t.Errorf("%d requests for a minute in which nobody spoke", n-before)
		}
		s.stop()
	})
}

func TestExpiredChatIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(t)
		s := &show{t: t}
		s.replica, s.stop = runReplica(t, b, 1<<30, withoutDVR)
		s.writer = s.replica.Writer(testHead, recording.WriterOptions{})
		cfg := shape()
		cfg.DVR = 0
		s.stream = packager.NewStream(cfg, feeder{ReplicaWriter: s.writer}, packager.TimedObjectSeries{Name: "chat", Source: &gossip{}})
		s.publication("first")
		s.run(4 * time.Minute)
		time.Sleep(time.Second)
		if n := len(b.keys("live/show/first/chat/")); n < 7 || n > 30 {
			t.Errorf("%d objects are left", n)
		}
		s.writer.Close()
		synctest.Wait()
		s.replica.Delete(testHead.ID, []string{playlistFile, "live/show/index.m3u8", indexFile}, []string{"live/show/first/"}, func() {})
		time.Sleep(time.Second)
		if left := b.keys(""); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		s.stop()
	})
}
