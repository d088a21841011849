package srt

import (
	"errors"
	"log/slog"
	"strings"

	srt "github.com/datarhei/gosrt"

	"github.com/globalfandom/lightstick/internal/repeatlog"
)

// Refusals of calls that no stream key was looked at for.
var (
	errTooManyConnections = errors.New("the server has as many SRT publishers as it takes")
	errTooManyCalls       = errors.New("too many calls from this network; wait a few seconds before trying again")
)

// libraryLog is where the library says why it refuses a handshake, which it tells nobody
// else: the caller gets a code. It tells no address either. It implements srt.Logger, and
// takes nothing but that, for the library asks for each packet.
type libraryLog struct{ refused func(error) }

const handshakeTopic = "handshake:recv:error"

func (l libraryLog) HasTopic(topic string) bool { return topic == handshakeTopic }

func (l libraryLog) Print(topic string, _ uint32, _ int, message func() string) {
	if topic == handshakeTopic {
		l.refused(handshakeFault(message()))
	}
}

func (libraryLog) Listen() <-chan srt.Log { return nil }

func (libraryLog) Close() {}

// What to set in the encoder, by a part of what the library says.
var handshakeAdvice = []struct{ part, advice string }{
	{"only live", "set SRT's live mode (transtype=live), not the file mode"},
	{"invalid type", "set SRT's live mode (transtype=live), not the file mode"},
	{"required flags", "set SRT's live mode (transtype=live), which drops packets that are too late"},
	{"version", "update the encoder: its SRT is too old"},
	{"HSv", "update the encoder: its SRT is too old"},
	{"crypto", "set a key length (pbkeylen) of 16, 24 or 32"},
	{"MTU is too big", "set an MSS of 1500 bytes"},
	{"payload size", "set an MSS of 1500 bytes"},
	{"unsupported handshake", "set the caller mode, not rendezvous"},
}

// handshakeFault adds the advice to what the library says.
func handshakeFault(message string) error {
	for _, a := range handshakeAdvice {
		if strings.Contains(message, a.part) {
			return errors.New(message + "; " + a.advice)
		}
	}
	return errors.New(message)
}

// refused logs why a caller was refused; remote is "" if that is not known.
func (s *Server) refused(remote string, err error) {
	args := []any{"err", err}
	if remote != "" {
		args = append(args, "remote", remote)
	}
	s.lines.Log(s.log, slog.LevelInfo, repeatlog.About(remote, err), "publisher refused", args...)
}
