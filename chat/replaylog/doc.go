// Package replaylog gathers what a chat room publishes for those who read it by CDN: the
// messages and events of each segment of the stream become one small JSON object, which
// lies beside the segment and lasts as long (docs/chat-cdn.md).
//
// The chat gives every publication to [Logs.Add], in order, on every process. A room
// has a [Log] only in the process that packages its stream, and only while that is on
// air: elsewhere and at other times Add does nothing. The packager cuts: it asks the
// log for what has come whenever a segment is closed ([packager.TimedObjectSource]), and
// does the rest, as with segments: index, blocking, storage, recordings.
package replaylog
