package habits

import (
	"context"
	"errors"
	"io"
	"time"
)

// Paced reads cues when they are due, by the clock of the bubble.
type Paced struct {
	Cues    []Cue
	Context context.Context // ends it early

	begun time.Time
	rest  []byte
}

// Read implements io.Reader.
func (p *Paced) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		c, err := p.next()
		if err != nil {
			return 0, err
		}
		p.rest = c.Data
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// next waits for the next cue.
func (p *Paced) next() (Cue, error) {
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
	if len(p.Cues) == 0 {
		return Cue{}, io.EOF
	}
	c := p.Cues[0]
	p.Cues = p.Cues[1:]
	timer := time.NewTimer(time.Until(p.begun.Add(c.At)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return c, nil
	case <-p.Context.Done():
		return Cue{}, io.EOF
	}
}

// WriteTo writes cues when they are due.
func (p *Paced) WriteTo(w io.Writer) (written int64, err error) {
	for {
		c, err := p.next()
		if errors.Is(err, io.EOF) {
			return written, nil
		}
		n, err := w.Write(c.Data)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}
