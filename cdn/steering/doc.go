// Package steering spreads viewers over several CDNs by HLS Content Steering
// (draft-pantos-hls-rfc8216bis §7): the multivariant playlist names a steering
// server, which players ask again and again where to fetch from.
//
// A CDN is a pathway with a name and a host. The playlist has one pathway, "." (the
// host that it came from), with relative URIs; every other pathway is its clone with
// another host (§7.2), so that the playlist is the same for everybody, and a token
// in its path stays where it is. See docs/adr for why.
//
// A [Director] answers players. It draws an order of pathways by weight for each
// session from a seed that the session carries along in RELOAD-URI: asked again it
// says the same, and when a pathway's standing changes only the viewers move who
// have to. Players read an immutable plan: answering takes no lock.
//
// [Director.Run] looks at each pathway's [Health] every few seconds:
//
//	good --errors or stalls--> demoted --a while--> probation --good--> good
//	                              ^---------bad---------'
//
// A demoted pathway stands last in everybody's order, one in probation does so for
// most; there is always one that is good. An operator's word ([Director.Set])
// overrides all that.
package steering
