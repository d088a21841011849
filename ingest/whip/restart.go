package whip

import (
	"fmt"

	"github.com/pion/sdp/v3"
)

// remoteCredentials are the publisher's of the present ICE session.
func (p *session) remoteCredentials() (ufrag, password string) {
	remote := p.peer.RemoteDescription()
	if remote == nil {
		return "", ""
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(remote.SDP); err != nil {
		return "", ""
	}
	return credentials(&d)
}

// restart begins a new ICE session with the publisher's new credentials, and returns the
// fragment to answer with. Media come by the old one until the new one is there.
func (p *session) restart(f fragment) (string, error) {
	if !p.negotiation.TryLock() {
		return "", errBusyNegotiating
	}
	defer p.negotiation.Unlock()
	if ufrag, _ := p.remoteCredentials(); f.ufrag == ufrag {
		return "", fmt.Errorf("%w: restarting ICE needs new credentials", errUnprocessable)
	}
	offer, err := restarted([]byte(p.peer.RemoteDescription().SDP), f)
	if err != nil {
		return "", err
	}
	answer, err := p.negotiate(offer)
	if err != nil {
		return "", err
	}
	p.newTag()
	return answerFragment(answer)
}
