package whip

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/media"
)

const (
	endpoint     = "/whip"
	sessionPath  = endpoint + "/session/"
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag" // RFC 8840 §9
)

// exposed are the fields of answers that pages of other sites need.
var exposed = []string{"Location, ETag, Link, Accept-Patch, Retry-After, WWW-Authenticate"}

// Register adds the protocol's addresses: the endpoint, with the stream key as bearer token
// or as the last part of the path, and those of sessions.
func (s *Server) Register(mux *http.ServeMux) {
	for _, path := range []string{endpoint, endpoint + "/{key}"} {
		mux.Handle(path, s.methods("Accept-Post", typeSDP, map[string]http.HandlerFunc{http.MethodPost: s.post}))
	}
	mux.Handle(sessionPath+"{id}", s.methods("Accept-Patch", typeFragment, map[string]http.HandlerFunc{
		http.MethodPatch: s.patch, http.MethodDelete: s.delete,
	}))
}

// methods answers by the method. All others are reserved for later (RFC 9725 §4.1).
func (s *Server) methods(acceptField, accepted string, handlers map[string]http.HandlerFunc) http.Handler {
	allowed := ""
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete} {
		if handlers[method] != nil {
			allowed += method + ", "
		}
	}
	allowed += http.MethodOptions
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set(acceptField, accepted)
		handle := handlers[r.Method]
		switch {
		case r.Method == http.MethodOptions:
			cors.Preflight(w, r, allowed)
		case handle == nil:
			h.Set("Allow", allowed)
			http.Error(w, "this address takes "+allowed, http.StatusMethodNotAllowed)
		default:
			cors.AllowAnyOrigin(h)
			cors.Expose(h, exposed)
			handle(w, r)
		}
	})
}

// post answers an offer (RFC 9725 §4.2).
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	remote := s.cfg.Client(r)
	body, ok := readBody(w, r, typeSDP)
	if !ok {
		return
	}
	p, answer, err := s.open(r, remote, body)
	if err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", typeSDP)
	h.Set("Location", sessionPath+p.id)
	h.Set("ETag", p.etag())
	h.Set("Accept-Patch", typeFragment)
	for _, server := range s.cfg.ICEServers {
		h.Add("Link", server.link())
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

// open makes a session of an offer. What fails before the stream is known is logged here, the
// rest by the stream.
func (s *Server) open(r *http.Request, remote string, body []byte) (_ *session, answer string, err error) {
	published := false
	defer func() {
		if err != nil && !published {
			s.refused(remote, err)
		}
	}()
	if err := s.admit(remote); err != nil {
		return nil, "", err
	}
	key, err := streamKey(r)
	if err != nil {
		return nil, "", err
	}
	release, err := s.reserve()
	if err != nil {
		return nil, "", err
	}
	defer release()
	p := newSession(s, remote)
	sink, err := s.gate.Open(r.Context(), ingest.Request{
		Protocol: "webrtc", Remote: remote, Key: key, Kick: p.end, Lost: p.lost.Load, Received: p.packets.Load,
	})
	if err != nil {
		p.end(err)
		return nil, "", err
	}
	published = true
	answer, err = p.prepare(ingest.NewSession(sink, media.VideoTimescale, 0), body)
	if err == nil {
		err = s.start(p)
	}
	if err != nil {
		p.abandon(sink, err)
		return nil, "", err
	}
	return p, answer, nil
}

// prepare makes what run needs. The offer is looked at after the key, so that the stream's
// creator is told what is wrong with it.
func (p *session) prepare(session *ingest.Session, body []byte) (answer string, err error) {
	if p.wishes, err = parseOffer(body); err != nil {
		return "", err
	}
	if _, err := p.wishes.formats(); err != nil {
		return "", err
	}
	if p.receiver, err = newReceiver(session, p.wishes, p.server.cfg); err != nil {
		return "", err
	}
	p.receiver.request = p.requestKeyframe
	p.receiver.lost = func(packets int) { p.lost.Add(uint64(packets)) } // a count
	return p.answer(string(body))
}

// abandon ends a session that never ran.
func (p *session) abandon(sink ingest.Sink, err error) {
	p.end(err)
	if p.peer != nil {
		_ = p.peer.GracefulClose()
	}
	sink.Close(err)
}

// streamKey is the bearer token (RFC 6750 §2.1), or the last part of the path.
func streamKey(r *http.Request) (string, error) {
	if key := r.PathValue("key"); key != "" {
		return key, nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "bearer") && token != "" {
		return token, nil
	}
	return "", errNoKey
}

// readBody reads the body of a request of a type, or answers.
func readBody(w http.ResponseWriter, r *http.Request, want string) ([]byte, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != want {
		http.Error(w, "send "+want, http.StatusUnsupportedMediaType)
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, fmt.Sprintf("send %d bytes at most", maxBody), http.StatusRequestEntityTooLarge)
		return nil, false
	}
	if err != nil {
		http.Error(w, "reading the request failed", http.StatusBadRequest)
		return nil, false
	}
	return body, true
}

// delete ends a session (RFC 9725 §4.2).
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	p := s.find(r.PathValue("id"))
	if p == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	p.end(errDeleted)
	w.WriteHeader(http.StatusOK)
}

// patch takes candidates, or restarts ICE (RFC 9725 §4.3).
func (s *Server) patch(w http.ResponseWriter, r *http.Request) {
	p := s.find(r.PathValue("id"))
	if p == nil {
		http.Error(w, "no such session", http.StatusNotFound)
		return
	}
	body, ok := readBody(w, r, typeFragment)
	if !ok {
		return
	}
	match := r.Header.Get("If-Match")
	if match == "" { // RFC 9725 §4.3.1
		http.Error(w, "send If-Match with the ETag of the session, or * to restart ICE", http.StatusPreconditionRequired)
		return
	}
	f, err := parseFragment(body)
	switch {
	case err != nil:
		refuse(w, err)
	case match == "*":
		s.restart(w, p, f)
	case match != p.etag():
		http.Error(w, "ICE was restarted since: send its ETag", http.StatusPreconditionFailed)
	default:
		s.trickle(w, p, f)
	}
}

// trickle takes candidates of the publisher (RFC 9725 §4.3.2). They have been read, and an ICE
// lite agent has no use for them: it learns where the publisher is by their checks.
func (s *Server) trickle(w http.ResponseWriter, p *session, f fragment) {
	if ufrag, password := p.remoteCredentials(); f.ufrag != ufrag || f.password != password {
		refuse(w, fmt.Errorf("%w: other ICE credentials than before; restart ICE with If-Match: *", errUnprocessable))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// restart restarts ICE (RFC 9725 §4.3.3). What fails leaves the session as it was.
func (s *Server) restart(w http.ResponseWriter, p *session, f fragment) {
	answer, err := p.restart(f)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", typeFragment)
	w.Header().Set("ETag", p.etag())
	_, _ = io.WriteString(w, answer)
}
