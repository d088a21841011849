package reaction

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// TestAggregatorRests has the aggregator tick only while there is a viewer, a tap or a message.
func TestAggregatorRests(t *testing.T) {
	// limit is how long the statistics of a room stand after its last message.
	const limit = (quietRounds + rounds) * statsEvery
	tests := []struct {
		name   string
		come   func(p process)
		pulses int // in 10 s
		leave  func(p process)
	}{
		{"a viewer", func(p process) { p.hall.set(map[string]int{"show": 1}) }, 5, func(p process) { p.hall.set(nil) }},
		{"a tap", func(p process) { _, _ = p.counter.Add("show", "fan", map[string]int{"heart": 1}) }, 1, func(process) {}},
		{"a message", func(p process) { p.figures.Keep("show", &message.Message{}) }, 0, func(process) {}},
		{"another process's tap", func(p process) {
			_ = p.pulser.AddPartial(fmt.Appendf(nil, `{"from":"other","rooms":{"show":{"counts":{"heart":1}}}}`))
		}, 1, func(process) {}},
	}
	synctest.Test(t, func(t *testing.T) {
		all, _ := processes(t, 1, nil)
		p := all[0]
		rests := func(after string) {
			time.Sleep(limit)
			synctest.Wait()
			if p.pulser.ticks.Running() {
				t.Errorf("ticks %v after %s", limit, after)
			}
			p.hall.clear()
			time.Sleep(time.Hour)
			if n := p.hall.looks(); n != 0 {
				t.Errorf("looked for viewers %d times in the hour after %s", n, after)
			}
		}
		rests("the start")
		for _, tt := range tests {
			tt.come(p)
			p.pulser.Wake()
			time.Sleep(10*time.Second + time.Millisecond)
			if got := p.hall.all("show"); len(got) != tt.pulses {
				t.Errorf("%s: %d pulses in 10 s, want %d", tt.name, len(got), tt.pulses)
			}
			tt.leave(p)
			rests(tt.name)
		}
	})
}
