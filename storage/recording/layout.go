package recording

import (
	"fmt"
	"path"
	"strconv"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Names of what lies in a stream's directory, and in those of its recordings. Keys
// are what URLs are: what lies in a bucket is playable as it lies there.
const (
	root           = "live"
	journalDir     = "journal"
	journalSuffix  = ".jsonl"
	recordingsDir  = "recordings"
	initFile       = "init.mp4"
	descriptorFile = "recording.json"
	journalFile    = "journal.jsonl"
	multivariant   = "index.m3u8"
	posterFile     = "poster.jpg"
	storyboardFile = "storyboard.vtt"
	movieFile      = "video.mp4"
)

// moviePartFile is the name of the MP4 of a stretch, counted from 1.
func moviePartFile(n int) string { return fmt.Sprintf("video.%d.mp4", n) }

func streamKey(id media.StreamID, elements ...string) string {
	return path.Join(append([]string{root, string(id)}, elements...)...)
}

func recordingKey(id media.StreamID, recording, file string) string {
	return streamKey(id, recordingsDir, recording, file)
}

// SegmentKey is the key of a segment's object.
func SegmentKey(id media.StreamID, rendition string, e packager.Entry) string {
	return streamKey(id, e.Epoch, rendition, strconv.FormatInt(e.MSN, 10)+".m4s")
}

// InitKey is the key of an initialization section's object.
func InitKey(id media.StreamID, rendition, publication string) string {
	return streamKey(id, publication, rendition, initFile)
}

// PlaylistKey is the key of a playlist of the stream.
func PlaylistKey(id media.StreamID, file string) string { return streamKey(id, file) }
