package rtsp

import (
	"errors"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// OnConnClose forgets the connection. It knows why a session ended that went with it.
func (s *Server) OnConnClose(ctx *gortsplib.ServerHandlerOnConnCloseCtx) {
	s.stopPublishTimer(ctx.Conn)
	s.mu.Lock()
	var over []*publisher
	for session, p := range s.publishers {
		if p.conn != ctx.Conn {
			continue
		}
		p.connClosed, p.connFault = true, ctx.Error
		if p.sessionClosed {
			delete(s.publishers, session)
			over = append(over, p)
		}
	}
	s.mu.Unlock()
	for _, p := range over {
		s.conclude(p, ctx.Error)
	}
}

// OnSessionClose ends the publication. A session that went with its connection is only
// told that it is not in use: then the connection's fault is waited for.
func (s *Server) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	fault := ctx.Error
	s.mu.Lock()
	p := s.publishers[ctx.Session]
	if p != nil && errors.As(fault, &liberrors.ErrServerSessionNotInUse{}) {
		if !p.connClosed {
			p.sessionClosed = true
			s.mu.Unlock()
			return
		}
		fault = p.connFault
	}
	delete(s.publishers, ctx.Session)
	s.mu.Unlock()
	if p != nil {
		s.conclude(p, fault)
	}
}

// conclude closes a publication that is over.
func (s *Server) conclude(p *publisher, fault error) {
	reason := p.reason
	if torn := (liberrors.ErrServerSessionTornDown{}); reason == nil && !errors.As(fault, &torn) {
		reason = lost(fault, s.server.ReadTimeout)
	}
	p.receiver.close(reason)
}
