package main

import "github.com/globalfandom/lightstick/chat/identity"

// foldName makes names equal that look alike. Server and command line must agree: it
// makes the keys that accounts are found by.
func foldName(name string) string { return identity.Fold(name) }
