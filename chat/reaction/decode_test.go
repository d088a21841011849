package reaction

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func TestDecodeCall(t *testing.T) {
	for name, tt := range map[string]struct {
		data string
		ok   bool
	}{
		"taps":           {`{"room":"show","counts":{"heart":3,"#ff5fa2":1}}`, true},
		"more fields":    {`{"room":"show","counts":{},"x":1}`, true},
		"no room":        {`{"counts":{"heart":3}}`, false},
		"half a tap":     {`{"room":"show","counts":{"heart":0.5}}`, false},
		"a list":         {`[]`, false},
		"nothing":        {``, false},
		"two values":     {`{"room":"show"}{"room":"show"}`, false},
		"too large":      {`{"room":"` + strings.Repeat("x", MaxCall) + `"}`, false},
		"a huge number":  {`{"room":"show","counts":{"heart":1e99}}`, false},
		"nested deeply":  {strings.Repeat(`{"a":`, 2000), false},
		"cut short":      {`{"room":"show","counts":{"heart"`, false},
		"not an integer": {`{"room":"show","counts":{"heart":"3"}}`, false},
	} {
		if _, err := DecodeCall([]byte(tt.data)); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeCall(f *testing.F) {
	f.Add([]byte(`{"room":"show","counts":{"heart":3,"#ff5fa2":1}}`))
	f.Add([]byte(`{"room":"show","counts":{"heart":-9223372036854775808,"wave":9223372036854775807}}`))
	c := NewCounter(Config{Emotes: []string{"wave"}, PerSecond: 1 << 30})
	f.Fuzz(func(t *testing.T, data []byte) {
		call, err := DecodeCall(data)
		if err != nil {
			return
		}
		n, err := c.Add(call.Room, "ada", call.Counts)
		sum := 0
		for _, count := range drained(c, call.Room) {
			sum += count
		}
		if sum != n || (n > 0) != (err == nil) || n > usualTaps {
			t.Errorf("%q: %d count, %d are there, %v", data, n, sum, err)
		}
	})
}

func FuzzHear(f *testing.F) {
	f.Add([]byte(`{"from":"a","rooms":{"show":{"counts":{"heart":3,"#ff5fa2":1,"other":2},"figures":{"viewers":3,"written":1.5,"shown":1}}}}`))
	f.Add([]byte(`{"from":"a","rooms":{"show":{"counts":{"heart":-3}}}}`))
	f.Add([]byte(`{"from":"a","rooms":{"show":{"figures":{"viewers":-1,"written":1e308,"shown":1e308}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		figures := NewFigures(10)
		h := &hall{viewers: map[string]int{"show": 1}}
		p := NewPulser(NewCounter(Config{}), figures, h, nil, slog.New(slog.DiscardHandler))
		_ = p.Hear(data)
		_ = p.Hear(data)
		p.tick(h.viewers) // panics in the hall if a pulse is not JSON
		for _, d := range h.got {
			if encoded, _ := json.Marshal(d.pulse.Counts); len(encoded) > 2*maxPulseBytes {
				t.Errorf("a pulse of %d bytes", len(encoded))
			}
		}
	})
}
