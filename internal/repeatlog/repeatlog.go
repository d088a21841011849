// Package repeatlog keeps log lines that repeat from filling the log. A peer that calls again
// and again is one fact, not a thousand: the first line about it is written at once, those
// that follow are counted, and the last of them is written once a minute with their count.
//
// Memory is bounded: when there is too much to tell apart, the rest is counted together.
package repeatlog

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// Every is how often a line is written at most.
	Every = time.Minute
	// maxLines is how many lines are told apart within that time.
	maxLines = 512
)

// Lines are the lines of one component. The zero value is ready; it may be used
// concurrently. Close must be called.
type Lines struct {
	mu     sync.Mutex
	lines  map[key]*line
	closed bool
}

// key says which lines are the same.
type key struct{ about, message string }

// line is one that was written within the last minute.
type line struct {
	timer    *time.Timer
	repeated int // times since it was written
	last     entry
}

// entry is what there is to write.
type entry struct {
	log     *slog.Logger
	level   slog.Level
	message string
	args    []any
	at      time.Time
}

func (e entry) write(more ...any) {
	e.log.Log(context.Background(), e.level, e.message, append(e.args[:len(e.args):len(e.args)], more...)...)
}

// About is the peer and the reason of a line, for Log: the host of an address, and the text
// of err, which may be nil, without what differs from time to time, such as ports and
// durations.
func About(remote string, err error) string {
	host := remote
	if address, err := netip.ParseAddrPort(remote); err == nil {
		host = address.Addr().String()
	}
	if err == nil {
		return host
	}
	return host + " " + strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, err.Error())
}

// Log writes a line, or counts it if the same message about the same was written within the
// last minute. The line that tells the count has the last one's arguments, and when that was.
func (l *Lines) Log(log *slog.Logger, level slog.Level, about, message string, args ...any) {
	e := entry{log, level, message, args, time.Now()}
	if l.first(key{about, message}, e) {
		e.write()
	}
}

// first notes the line, and reports whether to write it.
func (l *Lines) first(k key, e entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return true
	}
	if l.lines[k] == nil && len(l.lines) >= maxLines {
		k.about = ""
	}
	if known := l.lines[k]; known != nil {
		known.repeated++
		known.last = e
		return false
	}
	if l.lines == nil {
		l.lines = make(map[key]*line)
	}
	l.lines[k] = &line{timer: time.AfterFunc(Every, func() { l.due(k) })}
	return true
}

// due writes the count of a line a minute after it was written, or forgets it.
func (l *Lines) due(k key) {
	l.mu.Lock()
	known := l.lines[k]
	if known == nil {
		l.mu.Unlock()
		return
	}
	repeated, last := known.repeated, known.last
	if repeated == 0 {
		delete(l.lines, k)
	} else {
		known.repeated, known.last = 0, entry{}
		known.timer.Reset(Every)
	}
	l.mu.Unlock()
	last.tell(repeated)
}

func (e entry) tell(repeated int) {
	if repeated > 0 {
		e.write("repeated", repeated, "last", e.at)
	}
}

// Close writes what was counted. Lines that come later are all written.
func (l *Lines) Close() {
	l.mu.Lock()
	lines := l.lines
	l.lines, l.closed = nil, true
	l.mu.Unlock()
	for _, known := range lines {
		known.timer.Stop()
		known.last.tell(known.repeated)
	}
}
