// Package control stores streams, their keys and the API token in SQLite, and serves the
// REST API over them.
//
// Keys and tokens are random, shown once, and kept as SHA-256 hashes: with 128
// bits of randomness there is nothing that a slow hash could add.
package control
