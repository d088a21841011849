package check

import (
	"bytes"
	"strconv"
	"time"
)

// checkPlaylistStatus checks a playlist's status code, and tells whether there is a
// playlist.
func checkPlaylistStatus(l *ledger, name, uri string, status int) bool {
	if !l.check(ruleNoUnavailable, in(name), status < 500, "%s answers %d", uri, status) {
		return false
	}
	return l.check(ruleReachable, in(name), status == 200, "%s answers %d", uri, status)
}

// checkHeld checks the answer to a request that could be held: it came in time, and
// has what was asked for.
func checkHeld(l *ledger, name string, want place, before, after *mediaPlaylist, took, slack time.Duration) bool {
	where := atPart(name, want.MSN, want.Part)
	l.check(ruleBlockInTime, where, took <= 3*before.TargetDuration+slack, "held for %v", took.Round(time.Millisecond))
	return l.check(ruleBlockContains, where, after.Ended || after.has(want),
		"the answer ends with segment %d, part %d", after.last().MSN, after.last().Part)
}

// checkHinted checks the answer to a hinted part that has been listed meanwhile;
// status is 0 if it is still held.
func checkHinted(l *ledger, where Position, status int) bool {
	return l.check(ruleHintAnswered, where, ok(status), "the part is listed, its hint is %s", outcome(status))
}

// checkListed checks the answer to what a playlist lists.
func checkListed(l *ledger, where Position, path string, status int) bool {
	return l.check(ruleAvailable, where, ok(status), "%s answers %d", path, status)
}

func ok(status int) bool { return status == 200 || status == 206 }

// checkHintTransfers checks that hinted parts came in one go: what takes about as
// long as the part lasts is being sent while it is made (§6.2.6). delays are from
// the first byte to the last, in seconds.
func checkHintTransfers(l *ledger, name string, delays []float64, target time.Duration) {
	if len(delays) < 3 || target == 0 {
		return
	}
	median := seconds(spread(delays).Median)
	l.check(ruleHintWhole, in(name), median <= target/2, "the median took %v from first to last byte", median.Round(time.Millisecond))
}

// checkAtOnce checks how long requests took for positions that exist. One that is
// quick is enough: the others may have met a busy machine.
func checkAtOnce(l *ledger, name string, took []time.Duration, plain, target, slack time.Duration) {
	if len(took) == 0 {
		return
	}
	fastest := took[0]
	for _, t := range took {
		fastest = min(fastest, t)
	}
	allowed := plain + max(target/2, slack/5)
	l.check(ruleBlockAtOnce, in(name), fastest <= allowed, "took %v, a plain request %v",
		fastest.Round(time.Millisecond), plain.Round(time.Millisecond))
}

// checkRefusal checks that a request was answered with 400; status is 0 if it was
// held.
func checkRefusal(l *ledger, rule ruleID, name, what string, status int) {
	l.check(rule, in(name), status == 400, "%s: %s", what, outcome(status))
}

func outcome(status int) string {
	if status == 0 {
		return "held"
	}
	return "answered with " + strconv.Itoa(status)
}

// checkRollover checks the answer to a part behind a complete segment's last: it
// must contain the next segment's part 0 (§6.2.5.2).
func checkRollover(l *ledger, name string, asked place, answer *mediaPlaylist) {
	l.check(ruleBlockRollover, atPart(name, asked.MSN, asked.Part), answer.Ended || answer.has(place{asked.MSN + 1, 0}),
		"the answer ends with segment %d, part %d", answer.last().MSN, answer.last().Part)
}

// checkIdentical compares answers to simultaneous requests for one position. pairs
// are tries: a new part may have come in between, but not each time.
func checkIdentical(l *ledger, name string, pairs [][2][]byte) {
	if len(pairs) == 0 {
		return
	}
	same := false
	for _, p := range pairs {
		same = same || bytes.Equal(p[0], p[1])
	}
	l.check(ruleIdentical, in(name), same, "%d times the answers differed", len(pairs))
}

// checkDeparture checks that media that left the playlist are still there.
func checkDeparture(l *ledger, d departure, status int) {
	l.check(d.rule, d.where, ok(status), "%s answers %d, %s", quote(d.uri), status, "though it must stay available for now")
}

// checkEndedAnswer checks the answer to directives once the playlist has ended: the
// same playlist, at once.
func checkEndedAnswer(l *ledger, name string, before, after *mediaPlaylist, took, slack time.Duration) {
	l.check(ruleBlockEnded, in(name), took <= before.TargetDuration+slack, "held for %v", took.Round(time.Millisecond))
	if after != nil {
		checkUpdate(l, name, before, after)
	}
}
