package media

import "time"

// EventKind says where an [Event] comes from.
type EventKind uint8

// The kinds of event.
const (
	EventTextData EventKind = iota + 1 // RTMP onTextData: captions, song titles, free text
	EventCuePoint                      // RTMP onCuePoint
	EventSCTE35                        // MPEG-TS: ANSI/SCTE 35, advertising and programme boundaries
	EventID3                           // MPEG-TS: ID3 timed metadata, as Apple defines it for HLS
)

var eventNames = map[EventKind]string{
	EventTextData: "text", EventCuePoint: "cue point", EventSCTE35: "SCTE-35", EventID3: "ID3",
}

func (k EventKind) String() string { return eventNames[k] }

// Event is timed metadata that a publisher sent beside picture and sound.
type Event struct {
	// Time is when it applies, at 90 kHz on the publication's timeline: DTS 0 is its
	// beginning. It may lie ahead of the samples that came so far.
	Time Ticks
	Kind EventKind
	// ID tells events of a kind apart, if the publisher numbers them.
	ID string
	// Duration is how long it applies; 0 is unknown.
	Duration time.Duration
	// Name is a cue point's name; for SCTE-35 its command.
	Name string
	// Values are scalars by key: of text data and cue points all that came, flattened
	// (a.b is b within a); of SCTE-35 what was understood of the payload. It is never
	// written to after the event was made.
	Values map[string]string
	// Payload is the whole splice_info_section of SCTE-35, the whole tag of ID3; nil
	// for others. It is shared, never written to.
	Payload []byte
}
