package origin

import (
	"net/http"
	"strings"
	"sync"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

// tagger puts tags on answers for CDNs that purge by them. The values are made once for
// each stream, recording and publication; all answers share them.
type tagger struct {
	headers []string // of httpcache.TagSeparators, spelt as net/http does

	mu   sync.RWMutex
	made map[tagged][][]string
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
	t.made = make(map[tagged][][]string)
	return t
}

// tag adds the headers; a nil tagger none.
func (t *tagger) tag(h http.Header, p *requestPath) {
	if t == nil {
		return
	}
	key := tagged{string(p.stream), p.recording, p.publication}
	t.mu.RLock()
	values, ok := t.made[key]
	t.mu.RUnlock()
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
	tags := []string{httpcache.StreamTag(key.stream)}
	if key.recording != "" {
		tags = append(tags, httpcache.RecordingTag(key.recording))
	}
	if key.publication != "" {
		tags = append(tags, httpcache.PublicationTag(key.publication))
	}
	values := make([][]string, len(t.headers))
	for i, h := range t.headers {
		values[i] = []string{httpcache.JoinTags(h, tags...)}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.made) >= maxTagged {
		clear(t.made)
	}
	// Cloned, for the names are parts of a whole address.
	t.made[tagged{strings.Clone(key.stream), strings.Clone(key.recording), strings.Clone(key.publication)}] = values
	return values
}
