package message

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

var drafts = map[string]bool{
	`{"text":"hi"}`:                               true,
	" \t\r\n{\"text\":\"hi\"}\n":                  true,
	`{"text":"hi","more":{"a":[{"b":1}]}}`:        true,
	`{"text":"hi","more":{"a":[{"b":[]}]}}`:       false, // five deep
	`{"text":"[[[[[{{{{{\"[[[[[","more":[1,[2]]}`: true,
	`{"text":"\\","more":["[[[[[","\"]]]]]"]}`:    true,
	`{"text":"hi"}{"text":"hi"}`:                  false,
	`{"text":"hi"},`:                              false,
	`{"text":"hi"`:                                false,
	`{"text":"hi"]`:                               false,
	`["hi"]`:                                      false,
	`"hi"`:                                        false,
	`null`:                                        false,
	``:                                            false,
	" ":                                           false,
	`{"text":7}`:                                  false,
	`{"text":"hi","more":` + strings.Repeat("[", 3000): false,
}

func TestDecodeTakesShallowObjects(t *testing.T) {
	for data, want := range drafts {
		if _, err := Decode([]byte(data)); (err == nil) != want {
			t.Errorf("%.60s: %v", data, err)
		}
	}
}

// FuzzDecode compares what is taken with the depth that the decoder's tokens tell.
func FuzzDecode(f *testing.F) {
	for data := range drafts {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Draft
		want := len(data) <= MaxDraft && json.Unmarshal(data, &d) == nil && depthOf(data) <= maxDepth
		if d, err := Decode(data); err == nil && (!want || d.Text == "") {
			t.Errorf("%q is taken as %+v", data, d)
		}
		if object := bytes.TrimLeft(data, " \t\r\n"); want && object[0] == '{' && !shallow(data) {
			t.Errorf("%q is refused", data)
		}
	})
}

// depthOf is how deeply the values of valid JSON are nested.
func depthOf(data []byte) (deepest int) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}
