package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestReadWords(t *testing.T) {
	words, err := ReadWords(strings.NewReader("\ufeff# what we don't say\r\nbad*\r\n\n  바보 \nbad*\nkill yourself"))
	if err != nil || !slices.Equal(words, []string{"bad*", "바보", "kill yourself"}) {
		t.Errorf("%q, %v", words, err)
	}
	_, err = ReadWords(strings.NewReader("good\n...\nb*d\n"))
	if !errors.Is(err, ErrWord) || !strings.Contains(err.Error(), "line 2: ") || !strings.Contains(err.Error(), "line 3: ") {
		t.Errorf("%v", err)
	}
	var many strings.Builder
	for i := range MaxWords + 1 {
		fmt.Fprintf(&many, "word%d\n", i)
	}
	if _, err := ReadWords(strings.NewReader(many.String())); !errors.Is(err, ErrWord) {
		t.Errorf("%v", err)
	}
}
