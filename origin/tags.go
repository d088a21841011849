package origin

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/globalfandom/lightstick/cdn"
)

// tagger puts tags on answers for CDNs that purge by them. The values are made once for
// each stream, recording and publication; all answers share them.
type tagger struct {
	headers []string // of cdn.TagSeparators, spelt as net/http does
	made    atomic.Pointer[map[tagged][][]string]
	making  sync.Mutex
}

// tagged is what answers have the same tags.
type tagged struct{ stream, recording, publication string }

// maxTagged bounds what is kept; then it begins anew.
const maxTagged = 10_000

func newTagger(headers []string) *tagger {
	if len(headers) == 0 {
		return nil
	}
	t := &tagger{headers: make([]string, len(headers))}
	for i, h := range headers {
		t.headers[i] = http.CanonicalHeaderKey(h)
	}
	t.made.Store(new(map[tagged][][]string))
	return t
}

// tag adds the headers; a nil tagger none.
func (t *tagger) tag(h http.Header, p requestPath) {
	if t == nil {
		return
	}
	key := tagged{stream: string(p.stream)}
	if p.publication == recordings {
		key.recording = p.rendition
	} else {
		key.publication = p.publication
	}
	values, ok := (*t.made.Load())[key]
	if !ok {
		if !p.plausible() {
			return
		}
		values = t.make(key)
	}
	for i, name := range t.headers {
		h[name] = values[i]
	}
}

func (t *tagger) make(key tagged) [][]string {
	tags := []string{cdn.StreamTag(key.stream)}
	if key.recording != "" {
		tags = append(tags, cdn.RecordingTag(key.recording))
	}
	if key.publication != "" {
		tags = append(tags, cdn.PublicationTag(key.publication))
	}
	values := make([][]string, len(t.headers))
	for i, h := range t.headers {
		values[i] = []string{cdn.JoinTags(h, tags...)}
	}
	t.making.Lock()
	defer t.making.Unlock()
	known := *t.made.Load()
	if len(known) >= maxTagged {
		known = nil
	}
	next := make(map[tagged][][]string, len(known)+1)
	maps.Copy(next, known)
	next[key] = values
	t.made.Store(&next)
	return values
}
