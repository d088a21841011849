package reaction

import (
	"encoding/json"
	"log/slog"
	"testing"
)

func FuzzAdd(f *testing.F) {
	f.Add([]byte(`{"heart":3,"#ff5fa2":1}`))
	f.Add([]byte(`{"heart":-9223372036854775808,"wave":9223372036854775807}`))
	c := NewCounter(Config{Emotes: []string{"wave"}, PerSecond: 1 << 30})
	f.Fuzz(func(t *testing.T, data []byte) {
		var taps map[string]int
		if json.Unmarshal(data, &taps) != nil {
			return
		}
		n, err := c.Add("show", "ada", taps)
		sum := 0
		for _, count := range drained(c, "show") {
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
		figures := NewRoomStats(10)
		h := &hall{viewers: map[string]int{"show": 1}}
		p := NewAggregator(NewCounter(Config{}), figures, h, nil, slog.New(slog.DiscardHandler))
		_ = p.AddPartial(data)
		_ = p.AddPartial(data)
		p.tick(h.viewers) // panics in the hall if a tick is not JSON
		for _, d := range h.got {
			if encoded, _ := json.Marshal(d.pulse.Counts); len(encoded) > 2*maxPulseBytes {
				t.Errorf("a pulse of %d bytes", len(encoded))
			}
		}
	})
}
