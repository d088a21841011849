package section

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestSection(t *testing.T) {
	tests := []struct {
		name           string
		offset, length int64
		want           string
	}{
		{"the middle", 2, 5, "23456"},
		{"all", 0, 10, "0123456789"},
		{"what is shorter", 8, 5, "89"},
		{"nothing", 3, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := strings.NewReader("0123456789")
			if err := iotest.TestReader(New(of, tt.offset, int64(len(tt.want))), []byte(tt.want)); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(New(of, tt.offset, tt.length))
			if string(got) != tt.want || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
