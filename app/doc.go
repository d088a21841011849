// Package app joins Lightstick's parts to a server: ports, routes, readiness, metrics and
// the order in which they start and stop.
//
// [New] opens everything that a configuration asks for, ports included, [Server.Run]
// serves until its context ends, and [Server.Close] releases what New opened. [RunChat] is
// the same for a process with chat rooms alone. [NewReloader] makes what reads the
// configuration again at SIGHUP. The command line is cmd/lightstick.
package app
