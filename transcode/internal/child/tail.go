package child

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Bounds of what a program's complaints may fill.
const (
	tailLines = 4
	maxLine   = 400
)

// tail keeps the last lines that a program wrote.
type tail struct {
	each  func(line string) // is given all of them; may be nil
	lines []string
}

// read reads to the end.
func (t *tail) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 4096), 1<<20)
	for lines.Scan() {
		line := strings.ToValidUTF8(lines.Text(), "?")
		line = line[:min(len(line), maxLine)]
		if t.each != nil {
			t.each(line)
		}
		t.lines = append(t.lines, line)
		if len(t.lines) > tailLines {
			t.lines = t.lines[1:]
		}
	}
	// A line too long for the scanner must not stop the program.
	_, _ = io.Copy(io.Discard, r)
}

// explain adds the lines to an error.
func (t *tail) explain(err error) error {
	if len(t.lines) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s", err, strings.Join(t.lines, "; "))
}
