//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// chatIndex is the index of a room's objects.
type chatIndex struct {
	First, Next int64
	Ended       bool
	Objects     []struct {
		N, Items int64
		URI      string
	}
}

// chatReader follows a room by CDN, as a page without a WebSocket does.
type chatReader struct {
	client *http.Client
	index  *url.URL

	next   int64
	texts  []string
	delays []time.Duration // from sending to reading
	bodies map[string]string
}

func newChatReader(address string) *chatReader {
	return &chatReader{
		client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{}}, bodies: make(map[string]string),
		index: &url.URL{Scheme: "http", Host: address, Path: "/live/show/chat/index.json"},
	}
}

func (r *chatReader) get(u string) (string, error) {
	answer, err := r.client.Get(u)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", u, answer.Status, body)
	}
	return string(body), err
}

// step asks for the index that has the next object, and reads what is new.
func (r *chatReader) step(query string) error {
	u := *r.index
	u.RawQuery = query
	text, err := r.get(u.String())
	if err != nil {
		return err
	}
	var index chatIndex
	if err := json.Unmarshal([]byte(text), &index); err != nil {
		return fmt.Errorf("%w in %s", err, text)
	}
	for _, o := range index.Objects {
		if o.N < r.next || o.Items == 0 {
			continue
		}
		uri := r.index.ResolveReference(&url.URL{Path: o.URI}).String()
		if err := r.read(uri); err != nil {
			return err
		}
	}
	r.next = index.Next
	return nil
}

func (r *chatReader) read(uri string) error {
	text, err := r.get(uri)
	if err != nil {
		return err
	}
	r.bodies[uri] = text
	var object struct{ Items []message.Message }
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return fmt.Errorf("%w in %s", err, text)
	}
	for _, m := range object.Items {
		r.texts = append(r.texts, m.Text)
		r.delays = append(r.delays, time.Since(time.UnixMilli(m.Sent)))
	}
	return nil
}

// follow reads until it has so many messages.
func (r *chatReader) follow(messages int) error {
	query := ""
	for deadline := time.Now().Add(patience); len(r.texts) < messages; query = fmt.Sprintf("_HLS_msn=%d", r.next) {
		if err := r.step(query); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d messages", len(r.texts), messages)
		}
	}
	return nil
}

// TestChatByCDN follows a room through caches, without WebSockets: everybody has every
// message, once and in order, at one request of the origin an object. What was listed is
// there after a crash, in the recording and in the bucket.
func TestChatByCDN(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	s := start(t, b.sets("chat.guests=write", "chat.rate_limit=off", "record.default=on", "publish.reconnect=2s")...)
	counted := countRequests(t, s.http)
	readers := make([]*chatReader, 40)
	edges := []string{startEdge(t, "varnish", counted.addr).addr, startEdge(t, "nginx", counted.addr).addr}
	for i := range readers {
		readers[i] = newChatReader(edges[i%2])
	}
	stop := publishCard(t, small("rtmp://"+s.rtmp+"/live/show"))
	s.live(t, "show")

	const messages = 40
	errs := make(chan error, len(readers))
	for _, r := range readers {
		go func() { errs <- r.follow(messages) }()
	}
	mina := chattest.Join(t, "http://"+s.http, "Mina", "show")
	var want []string
	for n := range messages {
		want = append(want, fmt.Sprintf("%c%c 안녕 <b>", 'a'+n/26, 'a'+n%26)) // nobody may repeat themselves
		if code := mina.Say("show", chattest.Object{"text": want[n], "at": time.Now().Add(-3 * time.Second).UnixMilli()}); code != 0 {
			t.Fatal(code)
		}
		pause(75 * time.Millisecond)
	}
	var delays []time.Duration
	for range readers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for i, r := range readers {
		if !slices.Equal(r.texts, want) {
			t.Errorf("reader %d has %d messages: %q", i, len(r.texts), r.texts)
		}
		delays = append(delays, r.delays...)
	}
	requests, objects := counted.chat()
	late := quantiles(delays)
	print(t, "chat by CDN: %d readers, %d requests of the origin for %d objects; from sending to reading p50 %.0f ms, p99 %.0f ms",
		len(readers), requests, objects, ms(late.p50), ms(late.p99))
	if requests > 2*objects+4 { // two caches
		t.Errorf("%d requests for %d objects through two caches:%s", requests, objects, counted.repeated())
	}

	s.kill()
	stop()
	s.run(t)
	s.chatSurvives(t, readers[0])
	s.chatIsRecorded(t, b, want, mina.Hello.User.ID)
}

// chat counts the requests for indexes by number and for objects.
func (c *tally) chat() (requests, objects int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, n := range c.counts {
		if strings.Contains(key, "_HLS_msn") || strings.Contains(key, "/chat/") && !strings.Contains(key, "index.json") {
			requests += n
			objects++
		}
	}
	return requests, objects
}

// chatSurvives reads again what was read before the server was killed.
func (s *server) chatSurvives(t *testing.T, before *chatReader) {
	t.Helper()
	after := newChatReader(s.http)
	if err := after.step(""); err != nil {
		t.Fatal(err)
	}
	if len(after.texts) < len(before.texts) {
		t.Errorf("%d messages after the crash, %d before", len(after.texts), len(before.texts))
	}
	for uri, text := range before.bodies {
		if u, _ := url.Parse(uri); after.bodies["http://"+s.http+u.Path] != text {
			t.Errorf("%s was %s and is %s", u.Path, text, after.bodies["http://"+s.http+u.Path])
		}
	}
}

// chatIsRecorded reads the chat of the recording, here and in the bucket, until the user
// who wrote it is erased and the recording deleted.
func (s *server) chatIsRecorded(t *testing.T, b *bucket, want []string, user string) {
	t.Helper()
	eventually(t, "there is a recording", func() bool { return len(s.recordings(t)) == 1 })
	id := s.recordings(t)[0].ID
	r := newChatReader(s.http)
	r.index.Path = "/live/show/recordings/" + id + "/chat/index.json"
	if err := r.step(""); err != nil || !slices.Equal(r.texts, want) {
		t.Errorf("the recording has %q, %v", r.texts, err)
	}
	site := newChatReader(strings.TrimPrefix(b.site(t), "http://"))
	site.index.Path = r.index.Path
	eventually(t, "the bucket has the recording's chat", func() bool {
		site.next, site.texts = 0, nil
		return site.step("") == nil && slices.Equal(site.texts, want)
	})
	eventually(t, "the recording has forgotten them", func() bool {
		s.api(t, "DELETE", "/chat/users/"+user, "") // again: while it is being made it has to wait
		r.next, r.texts = 0, nil
		return r.step("") == nil && len(r.texts) == 0
	})
	s.chatIsGone(t, b, site)
	s.api(t, "DELETE", "/recordings/"+id, "")
	if code, _ := s.get(t, r.index.Path); code != http.StatusNotFound {
		t.Errorf("the deleted recording's chat answers %d", code)
	}
	eventually(t, "the bucket has no index of it", func() bool {
		_, err := b.get(t, strings.TrimPrefix(r.index.Path, "/"))
		return errors.Is(err, objectstore.ErrNotFound)
	})
}

// chatIsGone waits until nothing is left of what was read from the bucket.
func (s *server) chatIsGone(t *testing.T, b *bucket, site *chatReader) {
	t.Helper()
	eventually(t, "the bucket has forgotten the chat", func() bool {
		for uri := range site.bodies {
			u, _ := url.Parse(uri)
			if _, err := b.get(t, strings.TrimPrefix(u.Path, "/")); !errors.Is(err, objectstore.ErrNotFound) {
				return false
			}
		}
		return true
	})
}
