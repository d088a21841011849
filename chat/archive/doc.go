// Package archive lets the parts of the chat keep what they have to keep in one store:
// rooms their publications (Archive), moderation its state (Moderation). The parts know nothing of the store, nor it of them.
package archive
