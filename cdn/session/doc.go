// Package session counts on how many screens a playback ticket is watched at once.
//
// [Screens] is asked with each request and answers from its own memory for some seconds;
// a [Store] is what several origins share: [Memory] for one process, [Redis] for many. A
// screen that has sent nothing for [Idle] is free again. When the store fails the answer
// is yes: a show must not stop for a counter. Each such answer is counted and the failure
// logged.
package session
