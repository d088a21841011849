// Package gohlslib holds benchmarks of Lightstick's packager beside those of
// github.com/bluenviron/gohlslib, on the same samples in the same run. It is a module
// of its own, so that the product doesn't depend on its peer.
package gohlslib
