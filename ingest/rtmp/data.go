package rtmp

import (
	"strconv"
	"unicode/utf8"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/media"
)

// data takes a data message (RTMP 1.0 §7.1.2): onMetaData, and the events that
// publishers send beside the media. Others mean nothing to us.
func (c *connection) data(timestamp uint32, body []byte) {
	values, _ := decodeAMF(body) // what can't be read of metadata the media will tell
	for i := range len(values) - 1 {
		name, _ := values[i].(string)
		content := object(values[i+1])
		switch name {
		case "onMetaData":
			c.metadata(content)
		case "onTextData":
			c.event(timestamp, media.EventTextData, content)
		case "onCuePoint":
			c.event(timestamp, media.EventCuePoint, content)
		default:
			continue // @setDataFrame, before the name proper
		}
		return
	}
}

func (c *connection) metadata(meta amf0.Object) {
	_, video := meta.Get("videocodecid")
	_, audio := meta.Get("audiocodecid")
	c.session.Expect(video, audio)
	c.session.Declare(kilobits(meta, "videodatarate"), kilobits(meta, "audiodatarate"))
}

// kilobits reads a bit rate of onMetaData, in kbit/s, as bit/s; 0 if there is none
// that makes sense.
func kilobits(meta amf0.Object, key string) int {
	rate, _ := meta.GetFloat64(key)
	if !(rate > 0 && rate < 1e6) {
		return 0
	}
	return int(rate * 1000)
}

// Bounds of an event's values. What doesn't fit is left out.
const (
	maxValues     = 32
	maxValueBytes = 1 << 10 // of one key or value
	maxEventBytes = 8 << 10 // of all keys and values
	maxEntries    = 1 << 10 // that are looked at: references make much of little
)

func (c *connection) event(timestamp uint32, kind media.EventKind, content amf0.Object) {
	v := eventValues{values: make(map[string]string)}
	v.addObject("", content)
	if len(v.values) == 0 {
		return
	}
	c.session.Event(int64(timestamp), media.Event{Kind: kind, Name: v.values["name"], ID: v.values["id"], Values: v.values})
}

// eventValues gathers scalars within bounds.
type eventValues struct {
	values map[string]string
	bytes  int
	seen   int
}

// addObject flattens one level: b in a is a.b.
func (v *eventValues) addObject(prefix string, o amf0.Object) {
	for _, entry := range o {
		if v.seen++; v.seen > maxEntries {
			return
		}
		if text, ok := scalar(entry.Value); ok {
			v.add(prefix+entry.Key, text)
		} else if prefix == "" {
			v.addObject(entry.Key+".", object(entry.Value))
		}
	}
}

func scalar(value any) (string, bool) {
	switch x := value.(type) {
	case string:
		return x, true
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(x), true
	}
	return "", false
}

func (v *eventValues) add(key, text string) {
	size := len(key) + len(text)
	switch {
	case len(key) > maxValueBytes, len(text) > maxValueBytes, len(v.values) == maxValues, v.bytes+size > maxEventBytes:
	case !utf8.ValidString(key), !utf8.ValidString(text):
	default:
		v.values[key] = text
		v.bytes += size
	}
}
