// Package measure has what the load tests of HLS and of the chat share: histograms of
// durations, kinds of errors, and what a process on this machine uses.
package measure
