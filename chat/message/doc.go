// Package message holds what travels in a chat room: what a client may send
// (Draft), what everybody receives (Message, Event), who people are (User, Role)
// and the codes of what is refused.
//
// A room is named as its stream. Its channel chat:STREAM carries messages, which
// have no type, and events, which have one, in one order with a history. Its
// channel react:STREAM carries what is worth nothing a second later: counted
// reactions and the room's statistics.
//
// Times are Unix times in milliseconds. `at` is program date time: the date of the
// picture (EXT-X-PROGRAM-DATE-TIME) that the author was watching, not the time of
// writing; `sent` is the server's clock.
package message
