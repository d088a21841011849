// Package chat is the companion of a stream: rooms in which those who watch it write
// to each other, in time with the picture.
//
// It stands on the centrifuge library, which carries connections, channels, history
// and recovery, so that any centrifuge client connects. What is ours is what a fan
// community needs on top: who somebody is (identity), how fast they may write (limit),
// what is let through and what moderators do (moderation), reactions (reaction), what
// outlives a restart (store), the road past one process (cluster), and the same room
// as small files beside the segments (replaylog).
//
// The way of a message: a client publishes a message.Draft on chat:ROOM; its author is
// known since the connection began. The limits are asked, then the moderation's Moderator;
// then it gets its ID and the server's clock, is published, and comes back through the
// broker to every process, where Room.observe sees it in the order in which everybody
// gets it. What is kept goes to the archive behind a queue, off this way.
package chat
