// Package cdn is what an operator plugs in: today the cache policy, one table
// that the origin and everything else that serves Lightstick's objects uses.
package cdn
