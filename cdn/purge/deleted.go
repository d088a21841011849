package purge

import "github.com/globalfandom/lightstick/media"

// StreamDeleted has the CDNs forget a stream. A full queue is counted, and hinders no
// deletion.
func (q *Queue) StreamDeleted(stream media.StreamID) { _ = q.Purge(Object{Stream: string(stream)}) }

// RecordingDeleted has the CDNs forget a recording and its media, whose keys begin with the
// prefixes. A full queue is counted, and hinders no deletion.
func (q *Queue) RecordingDeleted(stream media.StreamID, recording string, prefixes []string) {
	_ = q.Purge(Object{Stream: string(stream), Recording: recording})
	for _, prefix := range prefixes {
		if o, ok := FromPrefix(prefix); ok {
			_ = q.Purge(o)
		}
	}
}
