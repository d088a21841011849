package store

import (
	"cmp"
	"slices"
	"time"
)

const (
	// spanGap joins what lies closer together: a chat object covers seconds.
	spanGap = time.Minute
	// maxSpans bounds a report. Where there would be more, gaps are taken to be longer.
	maxSpans = 1000
)

// spans gathers where something was erased.
type spans struct {
	list []Span // by room, then by SentFrom; they don't touch
	gap  time.Duration
}

// add takes the times of an entry, in ms.
func (s *spans) add(room string, at, sent int64) {
	a, t := time.UnixMilli(at), time.UnixMilli(sent)
	i, _ := slices.BinarySearchFunc(s.list, Span{Room: room, SentFrom: t}, compareSpans)
	s.list = slices.Insert(s.list, i, Span{Room: room, SentFrom: t, SentTo: t, AtFrom: a, AtTo: a})
	s.gap = max(s.gap, spanGap)
	s.join(max(0, i-1), min(len(s.list), i+2))
	for len(s.list) > maxSpans && s.gap < 100*365*24*time.Hour {
		s.gap *= 2
		s.join(0, len(s.list))
	}
}

func compareSpans(a, b Span) int {
	return cmp.Or(cmp.Compare(a.Room, b.Room), a.SentFrom.Compare(b.SentFrom))
}

// join joins what is close among the spans from i to j.
func (s *spans) join(i, j int) {
	joined := s.list[i : i+1 : i+1]
	for _, next := range s.list[i+1 : j] {
		last := &joined[len(joined)-1]
		if last.Room != next.Room || next.SentFrom.Sub(last.SentTo) > s.gap {
			joined = append(joined, next)
			continue
		}
		last.SentTo, last.AtFrom, last.AtTo = later(last.SentTo, next.SentTo), earlier(last.AtFrom, next.AtFrom), later(last.AtTo, next.AtTo)
	}
	s.list = slices.Replace(s.list, i, j, joined...)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
