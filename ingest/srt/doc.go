// Package srt takes in publishers by SRT (Secure Reliable Transport) in listener
// mode: MPEG-TS over SRT's live mode, as OBS, FFmpeg and hardware encoders send it.
//
// The stream key travels in the streamid (see [parseStreamID]) and is checked
// before the connection is accepted, so that a refusal reaches the caller as a
// rejection code. A passphrase, when configured, encrypts with AES.
//
// [Client] fetches a stream: it calls a listener, or meets a peer in rendezvous mode.
package srt
