// Package persist writes to chat/store what other parts of the chat must find again after
// a restart: what rooms publish (Writer), and what moderation decides (Moderation).
package persist
