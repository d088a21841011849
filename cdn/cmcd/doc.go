// Package cmcd reads what players report about playback (Common Media Client Data)
// and adds it up.
//
// Reports are those of CTA-5004 (version 1: a dictionary in the query argument CMCD
// or in four headers of a media request) and CTA-5004-B (version 2: the same, and
// events that players POST by themselves, a dictionary a line). [ParseQuery]
// and [ParseBody] read what is not in headers; bit rates become bits per second and
// times durations there.
//
//	report --> session --> group (stream, CDN, country) --> /metrics, Summary, Health
//
// A [Collector] keeps a small record of each session, to know what a report adds to
// the one before, and sums by stream, CDN and country. Everything is bounded:
// sessions by number and by silence, groups by number, labels to streams that
// exist, CDNs that are configured and the countries seen first. What players say
// are claims: anybody can forge them. So one address counts for few sessions in
// [Collector.Health], which steering acts on.
//
// A [Handler] takes the POSTs. [Collector.Offer] takes reports from media requests
// by a queue that drops when it is full: they never slow the request down.
package cmcd
