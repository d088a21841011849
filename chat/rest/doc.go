// Package rest is the chat in the REST API: rooms, messages, actions of moderators, what
// was done and why, and people's data.
//
// The API's own token may do everything. A moderator's token of the chat, as they
// connect with, may read and act in the rooms where they moderate.
package rest
