package recording

import (
	"errors"
	"time"

	"github.com/globalfandom/lightstick/media"
)

var (
	// ErrNotFound reports that there is no such recording.
	ErrNotFound = errors.New("recording: no such recording")
	// ErrSpan reports a clip whose end is not after its start, or of which nothing is stored.
	ErrSpan = errors.New("recording: invalid span")
	// ErrBusy reports that the recording's MP4 is being made. Ask again when it has
	// been.
	ErrBusy = errors.New("recording: the MP4 is being made")
)

// Recording is a finished broadcast that is kept, or a clip of a broadcast. It is
// the content of recording.json, which lies beside its playlists.
type Recording struct {
	ID     string         `json:"id"` // unique; stands in URLs
	Stream media.StreamID `json:"stream"`
	Title  string         `json:"title"`
	ClipOf string         `json:"clip_of,omitempty"` // ID of the recording; of a live stream its name
	// Start and End are program date times of the first and after the last picture;
	// pauses of the publisher lie between them, but not in Duration.
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	DurationMS int64     `json:"duration_ms"` // what playlists list, in all
	Size       int64     `json:"size"`        // bytes of media
	Created    time.Time `json:"created"`
	Expires    time.Time `json:"expires,omitzero"` // zero: never
	// Names of files beside the playlists; "" while or if there is none.
	Poster     string `json:"poster,omitempty"`     // JPEG
	Storyboard string `json:"storyboard,omitempty"` // WebVTT with sheets of thumbnails
	MP4        string `json:"mp4,omitempty"`
	// MP4Parts stand in MP4's place if the format changed: a file for each stretch.
	MP4Parts []MoviePart `json:"mp4_parts,omitempty"`
}

// MoviePart is one of the MP4s of a recording whose format changed.
type MoviePart struct {
	File       string    `json:"file"`
	Start      time.Time `json:"start"` // program date time of its first picture
	DurationMS int64     `json:"duration_ms"`
	Width      int       `json:"width,omitempty"` // of the picture in pixels; 0: there is only sound
	Height     int       `json:"height,omitempty"`
}

// Movies are the names of the recording's MP4s, in order; nil: none was made.
func (r Recording) Movies() (files []string) {
	if r.MP4 != "" {
		return []string{r.MP4}
	}
	for _, part := range r.MP4Parts {
		files = append(files, part.File)
	}
	return files
}
