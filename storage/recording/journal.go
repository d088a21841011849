package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/packager/hls"
)

// journalVersion is what a head says of the lines after it.
const journalVersion = 1

// Head begins a journal: what a broadcast is.
type Head struct {
	Version   int            `json:"version"`
	ID        string         `json:"id"` // of the recording that it becomes
	Stream    media.StreamID `json:"stream"`
	Title     string         `json:"title"`
	Record    bool           `json:"record"`
	Retention time.Duration  `json:"retention,omitempty"` // 0: for ever
	ClipOf    string         `json:"clip_of,omitempty"`
	Begun     time.Time      `json:"begun"`
}

// line is one line of a journal: one of its fields.
type line struct {
	Head         *Head                  `json:"head,omitempty"`
	StreamParams *packager.StreamParams `json:"shape,omitempty"`
	Init         *initLine              `json:"init,omitempty"`
	Segment      *segmentLine           `json:"seg,omitempty"`
	Date         *hls.DateRange         `json:"date,omitempty"`
	TimedObjects *timedObjectLine       `json:"side,omitempty"`
	// Pause says that the publisher has left and all that was published is written.
	Pause bool `json:"pause,omitempty"`
	// End says that the broadcast is over.
	End bool `json:"end,omitempty"`
}

type initLine struct {
	Rendition string `json:"r"`
	packager.Init
}

type segmentLine struct {
	Rendition string `json:"r"`
	packager.Entry
	// Parts are a list of packager.Part, of which only the newest are ever decoded.
	Parts json.RawMessage `json:"parts,omitempty"`
}

// partsOf are a segment's parts as a line has them; nil: there are none.
func partsOf(seg *packager.Segment) json.RawMessage {
	parts := seg.Parts()
	if len(parts) == 0 {
		return nil
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return nil
	}
	return text
}

// journal is the file that a broadcast can be restored from: a line of JSON for all
// that is final, in order. Only the last line can be torn.
type journal struct {
	path string
	file *os.File
	size int64 // bytes of whole lines
	text []byte
}

func createJournal(path string, head Head) (*journal, error) {
	f, err := create(path, func() (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640) })
	if err != nil {
		return nil, err
	}
	j := &journal{path: path, file: f}
	if err := j.append(line{Head: &head}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// reopenJournal goes on with a journal, after its last whole line.
func reopenJournal(path string, whole int64) (*journal, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &journal{path: path, file: f, size: whole}, nil
}

// append writes a line. What was written of a line that could not be written whole is
// removed.
func (j *journal) append(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	j.text = append(append(j.text[:0], text...), '\n')
	n, err := j.file.WriteAt(j.text, j.size)
	if err != nil {
		if n > 0 {
			err = errors.Join(err, j.file.Truncate(j.size))
		}
		return err
	}
	j.size += int64(n)
	return nil
}

func (j *journal) close() error { return j.file.Close() }

// scan reads the journal so far.
func (j *journal) scan(each func(line) error) error {
	f, err := os.Open(j.path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = scanLines(f, each)
	return err
}

// compact rewrites the journal without the lines that keep rejects.
func (j *journal) compact(keep func(line) bool) error {
	old, err := os.Open(j.path)
	if err != nil {
		return err
	}
	defer old.Close()
	temporary, err := createAtomically(j.path)
	if err != nil {
		return err
	}
	defer temporary.Discard()
	shorter := &journal{file: temporary.File}
	_, err = scanLines(old, func(l line) error {
		if !keep(l) {
			return nil
		}
		return shorter.append(l)
	})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(temporary.Name(), os.O_WRONLY, 0) // the commit closes the other one
	if err != nil {
		return err
	}
	if err := temporary.CommitUnsynced(); err != nil {
		return errors.Join(err, file.Close())
	}
	_ = j.file.Close()
	j.file, j.size = file, shorter.size
	return nil
}

// maxLine bounds a line: an initialization section or a date range at the most.
const maxLine = 1 << 20

// errJournal reports a journal that this version can't read.
var errJournal = errors.New("recording: journal")

// scanLines reads whole lines, and returns how many bytes they are. What is torn at the
// end does not count; a line that can't be read is passed over.
func scanLines(r io.Reader, each func(line) error) (whole int64, err error) {
	scanner := bufio.NewReaderSize(r, maxLine)
	for {
		text, err := scanner.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
				return whole, nil
			}
			return whole, err
		}
		whole += int64(len(text))
		var l line
		if json.Unmarshal(text, &l) != nil {
			continue
		}
		if err := each(l); err != nil {
			return whole, err
		}
	}
}

// parsedJournal is a journal that has been read.
type parsedJournal struct {
	Head
	packager.History
	ended bool
	whole int64 // bytes
}

func readJournal(path string) (*parsedJournal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseJournal(f)
}

// parseJournal reads a journal. It fails with errJournal.
func parseJournal(r io.Reader) (*parsedJournal, error) {
	c := &parsedJournal{}
	c.Torn = true
	newest := make(newestParts)
	var err error
	c.whole, err = scanLines(r, func(l line) error {
		c.Torn = !l.Pause && !l.End
		switch {
		case l.Head != nil:
			if l.Head.Version != journalVersion {
				return fmt.Errorf("%w of version %d; this Lightstick knows %d", errJournal, l.Head.Version, journalVersion)
			}
			c.Head = *l.Head
		case l.StreamParams != nil:
			c.StreamParams = *l.StreamParams
		case l.Init != nil:
			r := c.rendition(l.Init.Rendition)
			r.Inits = append(r.Inits, l.Init.Init)
		case l.Segment != nil:
			r := c.rendition(l.Segment.Rendition)
			r.Entries = append(r.Entries, l.Segment.Entry)
			newest.add(l.Segment)
		case l.Date != nil:
			c.DateRanges = append(c.DateRanges, *l.Date)
		case l.TimedObjects != nil:
			s := c.timedObjects(l.TimedObjects.Name)
			s.Entries = append(s.Entries, l.TimedObjects.TimedObjectEntry)
		case l.End:
			c.ended = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if c.ID == "" || c.Stream == "" {
		return nil, fmt.Errorf("%w without a head", errJournal)
	}
	newest.decode(c)
	return c, nil
}

// newestParts are the parts of the newest segments while a journal is read, by rendition
// and number.
type newestParts map[string]map[int64]json.RawMessage

func (n newestParts) add(s *segmentLine) {
	if n[s.Rendition] == nil {
		n[s.Rendition] = make(map[int64]json.RawMessage)
	}
	if len(s.Parts) > 0 {
		n[s.Rendition][s.MSN] = s.Parts
	}
	delete(n[s.Rendition], s.MSN-packager.PartsKept)
}

// decode hands the parts to the history. Those that can't be read are left out: players
// do without.
func (n newestParts) decode(c *parsedJournal) {
	for name, byNumber := range n {
		r := c.rendition(name)
		r.Parts = make(map[int64][]packager.Part, len(byNumber))
		for msn, text := range byNumber {
			var parts []packager.Part
			if json.Unmarshal(text, &parts) == nil {
				r.Parts[msn] = parts
			}
		}
	}
}

// find is the rendition of that name, or nil.
func (c *parsedJournal) find(name string) *packager.RenditionHistory {
	for i := range c.Renditions {
		if c.Renditions[i].Name == name {
			return &c.Renditions[i]
		}
	}
	return nil
}

func (c *parsedJournal) rendition(name string) *packager.RenditionHistory {
	if r := c.find(name); r != nil {
		return r
	}
	c.Renditions = append(c.Renditions, packager.RenditionHistory{Name: name})
	return &c.Renditions[len(c.Renditions)-1]
}

// write makes a journal of a parsed journal, in place of the one that may be there.
func (c *parsedJournal) write(path string) error {
	f, err := createAtomically(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	j := &journal{file: f.File}
	for _, l := range c.lines() {
		if err := j.append(l); err != nil {
			return err
		}
	}
	return f.CommitUnsynced()
}

// lines are the lines of a journal with the same content.
func (c *parsedJournal) lines() []line {
	lines := []line{{Head: &c.Head}, {StreamParams: &c.StreamParams}}
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			lines = append(lines, line{Init: &initLine{r.Name, init}})
		}
		for _, e := range r.Entries {
			lines = append(lines, line{Segment: &segmentLine{Rendition: r.Name, Entry: e}})
		}
	}
	for i := range c.DateRanges {
		lines = append(lines, line{Date: &c.DateRanges[i]})
	}
	for _, s := range c.TimedObjects {
		for _, e := range s.Entries {
			lines = append(lines, line{TimedObjects: &timedObjectLine{s.Name, e}})
		}
	}
	return append(lines, line{End: true})
}

// keys are the keys of all media of the broadcast.
func (c *parsedJournal) keys() (all []string) {
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			all = append(all, InitKey(c.Stream, r.Name, init.Epoch))
		}
		for _, e := range r.Entries {
			if !e.Gap {
				all = append(all, SegmentKey(c.Stream, r.Name, e))
			}
		}
	}
	return append(all, c.timedObjectKeys()...)
}
