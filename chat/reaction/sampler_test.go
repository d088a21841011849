package reaction

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

// crowd is authors who write at one pace each.
type crowd struct {
	authors int
	every   time.Duration
}

// run lets crowds write for so long, and returns how often each author was shown, by
// crowd, and how many messages were shown in each second.
func run(s *Sampler, lasting time.Duration, crowds ...crowd) (shown [][]int, seconds []int) {
	seconds = make([]int, lasting/time.Second)
	shown = make([][]int, len(crowds))
	for i, c := range crowds {
		shown[i] = make([]int, c.authors)
	}
	const step = 20 * time.Millisecond
	for at := time.Duration(0); at < lasting; at += step {
		for i, c := range crowds {
			for a := range c.authors {
				// Each has a phase of their own, so that a crowd is spread evenly.
				phase := time.Duration(a) * 7919 * time.Millisecond % c.every
				if (at+phase)%c.every >= step {
					continue
				}
				m := message.Message{User: message.User{ID: fmt.Sprintf("%d-%d", i, a), Role: message.Member}}
				if s.Keep(&m) {
					shown[i][a]++
					seconds[at/time.Second]++
				}
			}
		}
		time.Sleep(step)
	}
	return shown, seconds
}

func mean(values []int) float64 {
	sum := 0
	for _, v := range values {
		sum += v
	}
	return float64(sum) / float64(len(values))
}

func TestRoomsThatCanBeReadAreWhole(t *testing.T) {
	for _, above := range []int{0, 100} {
		synctest.Test(t, func(t *testing.T) {
			s := newSampler(above, 1)
			shown, _ := run(s, 10*time.Second, crowd{90, time.Second})
			if m := mean(shown[0]); m != 10 {
				t.Errorf("above %d: %v of 10 messages of each are shown", above, m)
			}
		})
	}
}

func TestABusyRoomShowsAsManyAsCanBeRead(t *testing.T) {
	tests := []struct {
		name   string
		crowds []crowd
	}{
		{"many who write now and then", []crowd{{4000, 10 * time.Second}}},
		{"few who never stop", []crowd{{20, 40 * time.Millisecond}}},
		{"both", []crowd{{2000, 10 * time.Second}, {40, 100 * time.Millisecond}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, seconds := run(newSampler(100, 1), 40*time.Second, tt.crowds...)
				if top := slices.Max(seconds[1:]); top > 200 {
					t.Errorf("%d messages in a second", top)
				}
				if m := mean(seconds[5:]); m < 65 || m > 105 {
					t.Errorf("%v messages a second are shown, of 100", m)
				}
				t.Logf("%.0f messages a second, at most %d", mean(seconds[5:]), slices.Max(seconds))
			})
		})
	}
}

// TestWhoWritesMoreIsNotShownMore: twenty times as many messages bring at most
// twice as many to the screen, namely where the others have not written in their time.
func TestWhoWritesMoreIsNotShownMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shown, _ := run(newSampler(100, 3), 2*time.Minute, crowd{1000, 4 * time.Second}, crowd{100, 200 * time.Millisecond})
		calm, loud := mean(shown[0]), mean(shown[1])
		if loud > 2*calm || calm > 2*loud {
			t.Errorf("the calm are shown %.1f times, the loud %.1f times", calm, loud)
		}
		t.Logf("the calm are shown %.1f times, the loud %.1f times", calm, loud)
		// Within the crowd, luck evens out: few are far from the mean.
		far := 0
		for _, n := range shown[0] {
			if math.Abs(float64(n)-calm) > 3*math.Sqrt(calm)+1 {
				far++
			}
		}
		if far > 20 {
			t.Errorf("%d of 1,000 are far from the mean", far)
		}
	})
}

func TestStaffIsAlwaysShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSampler(5, 1)
		kept := 0
		for i := range 1000 {
			for _, m := range []message.Message{
				{User: message.User{ID: "host", Role: message.Host}},
				{User: message.User{ID: "mod", Role: message.Moderator}},
				{User: message.User{ID: "bot", Role: message.Member}, Announcement: true},
			} {
				if !s.Keep(&m) {
					t.Fatal("dropped", m)
				}
			}
			if s.Keep(&message.Message{User: message.User{ID: fmt.Sprint(i), Role: message.Subscriber}}) {
				kept++
			}
		}
		if kept > 10 {
			t.Errorf("%d of others within no time", kept)
		}
	})
}

func TestProcessesShowTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSampler(100, 1)
		s.SetElsewhere(800)
		_, seconds := run(s, 20*time.Second, crowd{2000, 10 * time.Second})
		if m := mean(seconds[5:]); m < 12 || m > 22 {
			t.Errorf("%v messages a second are shown; 20 are its share", m)
		}
	})
}

func TestAuthorsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSampler(1, 1)
		for i := range 3 * maxAuthors {
			s.Keep(&message.Message{User: message.User{ID: fmt.Sprint(i), Role: message.Guest}})
		}
		if n := len(s.authors.now) + len(s.authors.before); n > 2*maxAuthors {
			t.Errorf("%d authors are kept", n)
		}
	})
}
