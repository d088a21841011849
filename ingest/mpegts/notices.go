package mpegts

import (
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
)

// Codes of advice.
const (
	adviceTrackIgnored   = "track_ignored"
	adviceProgramMissing = "program_missing"
)

// notices tells the creator what is left out, once for each change.
type notices struct {
	session *ingest.Session
	texts   map[string]string // text by code
}

// setAdvice raises an advice, or withdraws it when text is empty.
func (n *notices) setAdvice(code string, severity ingest.Severity, text string) {
	if !n.changes(code, text) {
		return
	}
	n.session.Advise(ingest.Advice{Code: code, Severity: severity, Text: text})
}

// ignored counts tracks that could be packaged, beside the first of their kind.
func (n *notices) ignored(count int) {
	text := ""
	if count > 0 {
		text = fmt.Sprintf("%d more track(s) of picture or sound are left out: of each kind the first that can be played is taken;"+
			" put it first, or send only that one", count)
	}
	n.setAdvice(adviceTrackIgnored, ingest.Notice, text)
}

func (n *notices) programMissing(wanted uint16, missing bool) {
	text := ""
	if missing {
		text = fmt.Sprintf("program %d, for which the streamid asks, is not in the transport stream any more;"+
			" start it again, or connect with another program=", wanted)
	}
	n.setAdvice(adviceProgramMissing, ingest.Warning, text)
}

// changes notes the text, and reports whether it is another one.
func (n *notices) changes(code, text string) bool {
	if n.texts[code] == text {
		return false
	}
	if n.texts == nil {
		n.texts = make(map[string]string)
	}
	n.texts[code] = text
	return true
}
