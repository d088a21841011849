// Package store keeps what must outlive a restart of the chat: what was written and
// what happened in the rooms, their settings, sanctions, the audit log and accounts.
//
// Accounts are package identity's, sanctions and the audit log package moderation's: the
// store keeps them and has no types of its own for them. Statements are in the folder
// statements, from which sqlc makes Go, and the schema is migrated by package sqlite.
//
// [Store] is the interface, [Open] the implementation in SQLite, and storetest the
// rules that every implementation keeps. Nothing here is on the way of a message to
// its readers: a room publishes first and hands the entry to a [Batcher], which never
// blocks; only replay, moderation after the fact and export read it again.
//
// An entry has two times, in Unix milliseconds as package message has them: At is
// program date time, the date of the picture that its author saw; Sent is the
// server's clock. IDs are the rooms' and sort by time of sending.
//
// Personal data: names, texts, addresses, and whatever a moderator writes. [Keeper]
// deletes it after a while, Erase at once; docs/chat-data.md has the whole picture.
package store
