// Package guard keeps a listener's connections in bounds: how many there are, in
// total and from one address, and how long a peer may take to read what it asked
// for. One slow or hostile peer costs the others nothing.
package guard
