package main

import "github.com/globalfandom/lightstick/chat/filter"

// foldName makes names equal that look alike. Server and command line must agree: it
// makes the keys by which the names of accounts are unique.
func foldName(name string) string { return filter.Fold(name).Skeleton() }
