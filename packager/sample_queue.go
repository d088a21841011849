package packager

import "github.com/globalfandom/lightstick/media"

// maxQueued bounds the samples that wait for a stalled picture: about 20 s of AAC.
const maxQueued = 1000

// sampleQueue is samples that may have come before the picture that begins the next segment:
// they wait until the leader can't set a boundary before them any more.
type sampleQueue []media.Sample

// addSample queues a sample. When too many wait, the oldest is given up: it returns how many.
func (q *sampleQueue) addSample(s media.Sample) (dropped uint64) {
	if len(*q) == maxQueued {
		*q, dropped = (*q)[1:], 1
	}
	*q = append(*q, s)
	return dropped
}

// removeSamples gives up the first n samples.
func (q *sampleQueue) removeSamples(n int) { *q = append((*q)[:0], (*q)[n:]...) }
