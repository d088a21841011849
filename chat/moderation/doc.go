// Package moderation decides who may write what in a chat's rooms, and does what
// hosts and moderators ask for.
//
// A [Moderator] is its front. [Moderator.Check] judges what somebody wants to write, before it
// is published: sanctions, the room's settings, filters, repeats, slow mode, and an
// external classifier ([Classifier]). [Moderator.Execute] carries out an [Action], which came by a
// command ([ParseCommand]), the page or REST, and gives an [Outcome]: what must
// happen on the wire is data that the caller carries out. Every action, also one that was
// refused, is written to the audit log.
//
// State is in memory: a [SanctionIndex] of sanctions for all rooms, and for each room a set of
// registers. It is written through to a [Store], and shared with other processes as
// [Change]s, which [Moderator.Apply] merges: whatever the order they arrive in, all
// processes come to the same state.
//
//	  Attempt                Action                Change of another process
//	     │                    │                    │
//	 Moderator.Check            Moderator.Execute             Moderator.Apply
//	Verdict, error      Outcome, error          Outcome
//	     └────────┬───────────┴────────────────────┘
//	        SanctionIndex, rooms ──▶ Store, audit log
//
// Times are Unix times in milliseconds, as in package message; durations in actions are
// whole seconds. Everything may be called concurrently.
package moderation
