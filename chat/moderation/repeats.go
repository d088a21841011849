package moderation

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// floods finds texts that many users write within a window. It remembers two
// windows' texts, a bounded number of each.
type floods struct {
	mu       sync.Mutex
	seed     maphash.Seed
	window   time.Duration
	users    int // that make a flood
	now, old map[uint64][]uint64
	turned   time.Time
}

// floodTexts bounds the texts of a window; with more, windows are shorter.
const floodTexts = 4096

func newFloods(users int, window time.Duration) *floods {
	return &floods{seed: maphash.MakeSeed(), window: window, users: users, now: map[uint64][]uint64{}, old: map[uint64][]uint64{}}
}

// seen notes that a user writes a text in a room, and tells whether so many others did
// that it is a flood. Who writes on in a flood keeps it going.
func (f *floods) seen(room, text, user string, now time.Time) bool {
	if f.users <= 0 {
		return false
	}
	key := maphash.String(f.seed, room+"\x00"+text)
	who := maphash.String(f.seed, user)
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.turned) >= f.window || len(f.now) >= floodTexts {
		if now.Sub(f.turned) >= 2*f.window {
			f.now = map[uint64][]uint64{}
		}
		f.now, f.old, f.turned = map[uint64][]uint64{}, f.now, now
	}
	list, current := f.now[key]
	if !current {
		list = slices.Clone(f.old[key])
	}
	if !slices.Contains(list, who) {
		if len(list) >= f.users {
			f.now[key] = list
			return true
		}
		list = append(list, who)
	}
	f.now[key] = list
	return false
}
