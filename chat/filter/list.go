package filter

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadWords reads a list of words: one a line; blank lines and those that begin with #
// are passed over. The error names every line that can't be looked for.
func ReadWords(r io.Reader) ([]string, error) {
	var words []string
	var errs []error
	seen := map[string]bool{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		word := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if word == "" || strings.HasPrefix(word, "#") || seen[word] {
			continue
		}
		if err := Valid(word); err != nil {
			if errs = append(errs, fmt.Errorf("line %d: %w", n, err)); len(errs) > 20 {
				break
			}
			continue
		}
		seen[word] = true
		if words = append(words, word); len(words) > MaxWords {
			return nil, fmt.Errorf("%w: the list holds more than %d", ErrWord, MaxWords)
		}
	}
	if err := lines.Err(); err != nil {
		errs = append(errs, err)
	}
	return words, errors.Join(errs...)
}
