package whip

import (
	"fmt"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"

	"github.com/globalfandom/lightstick/ingest"
)

// fragment is what a publisher tells of its ICE session later (RFC 8840 §9).
type fragment struct {
	ufrag, password string
	candidates      []string // without "candidate:"
}

const (
	maxFragmentLines = 256
	// maxCredential bounds a user name fragment and a password (RFC 8839 §5.4).
	maxCredential = 256
)

// parseFragment reads a fragment. The error wraps ingest.ErrMalformed.
func parseFragment(text []byte) (f fragment, err error) {
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	if len(lines) > maxFragmentLines {
		return f, fmt.Errorf("%w: SDP fragment of more than %d lines", ingest.ErrMalformed, maxFragmentLines)
	}
	for _, line := range lines {
		kind, value, found := strings.Cut(strings.TrimSuffix(line, "\r"), "=")
		if !found || len(kind) != 1 {
			return f, fmt.Errorf("%w: SDP fragment: %.40q is not TYPE=VALUE", ingest.ErrMalformed, line)
		}
		if kind != "a" {
			continue // m= lines only say what the attributes below belong to: all is bundled
		}
		if err := f.attribute(value); err != nil {
			return f, fmt.Errorf("%w: SDP fragment: %w", ingest.ErrMalformed, err)
		}
	}
	if f.ufrag == "" || f.password == "" {
		return f, fmt.Errorf("%w: SDP fragment without ice-ufrag and ice-pwd", ingest.ErrMalformed)
	}
	return f, nil
}

func (f *fragment) attribute(value string) error {
	name, value, _ := strings.Cut(value, ":")
	switch name {
	case "ice-ufrag":
		return setCredential(&f.ufrag, value, 4)
	case "ice-pwd":
		return setCredential(&f.password, value, 22)
	case "candidate":
		if _, err := ice.UnmarshalCandidate(value); err != nil {
			return fmt.Errorf("candidate: %w", err)
		}
		f.candidates = append(f.candidates, value)
	}
	return nil
}

// setCredential takes a credential (RFC 8839 §5.4): all media have the same.
func setCredential(to *string, value string, least int) error {
	for _, c := range []byte(value) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/') {
			return fmt.Errorf("ICE credential with the character %q", c)
		}
	}
	if len(value) < least || len(value) > maxCredential || *to != "" && *to != value {
		return fmt.Errorf("ICE credential of %d characters, or another one than before", len(value))
	}
	*to = value
	return nil
}

// credentials are those of a description, which all of its media share.
func credentials(d *sdp.SessionDescription) (ufrag, password string) {
	find := func(name string) string {
		if value, set := d.Attribute(name); set {
			return value
		}
		for _, m := range d.MediaDescriptions {
			if value, set := m.Attribute(name); set {
				return value
			}
		}
		return ""
	}
	return find("ice-ufrag"), find("ice-pwd")
}

// restarted is an offer with other credentials and no candidates: what the publisher would
// offer to restart ICE (RFC 8839 §4.4.1.1.1).
func restarted(offer []byte, f fragment) (string, error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal(offer); err != nil {
		return "", err
	}
	d.Origin.SessionVersion++
	d.Attributes = withCredentials(d.Attributes, f)
	for _, m := range d.MediaDescriptions {
		m.Attributes = withCredentials(m.Attributes, f)
	}
	text, err := d.Marshal()
	return string(text), err
}

func withCredentials(attributes []sdp.Attribute, f fragment) (kept []sdp.Attribute) {
	for _, a := range attributes {
		switch a.Key {
		case "ice-ufrag":
			a.Value = f.ufrag
		case "ice-pwd":
			a.Value = f.password
		case "candidate", "end-of-candidates":
			continue
		}
		kept = append(kept, a)
	}
	return kept
}

// answerFragment is what a publisher must know of our side after a restart: credentials and
// candidates of the answer's first medium, with which all are bundled (RFC 9725 §4.3.3).
func answerFragment(answer string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", err
	}
	ufrag, password := credentials(&d)
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-lite\r\na=ice-options:trickle ice2\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", ufrag, password)
	for _, m := range d.MediaDescriptions {
		if _, rejected := m.Attribute("candidate"); !rejected {
			continue
		}
		mid, _ := m.Attribute("mid")
		fmt.Fprintf(&b, "m=%s\r\na=mid:%s\r\n", m.MediaName.String(), mid)
		for _, a := range m.Attributes {
			if a.Key == "candidate" {
				fmt.Fprintf(&b, "a=candidate:%s\r\n", a.Value)
			}
		}
		b.WriteString("a=end-of-candidates\r\n")
		break
	}
	return b.String(), nil
}
