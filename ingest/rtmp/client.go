package rtmp

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/globalfandom/lightstick/ingest"
)

// Client plays a stream of an RTMP or RTMPS server.
type Client struct {
	Address string // HOST:PORT
	Secure  bool   // RTMPS
	TLS     *tls.Config
	TCURL   string // the address without the stream, as the server is told
	App     string
	Stream  string // name, with its query; may be secret

	idle time.Duration // how long the server may send nothing; 0: pullIdle
}

// pullIdle bounds the silence of a server that is played from.
const pullIdle = 10 * time.Second

// Fetch plays until the server ends the stream, it is lost, or ctx ends.
func (c *Client) Fetch(ctx context.Context, gate ingest.Gate) error {
	d := net.Dialer{Timeout: setupTimeout}
	conn, err := d.DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	p := &player{client: c, connection: connection{gate: gate, conn: conn, idle: cmp.Or(c.idle, pullIdle), begun: time.Now()}}
	defer context.AfterFunc(ctx, func() { p.stop(ingest.ErrShuttingDown) })()
	err = p.reason(p.play(ctx))
	if p.session != nil {
		p.session.Close(err)
	}
	return err
}

// player is a connection on which we are the client.
type player struct {
	connection
	client   *Client
	metadata rtmpMessage // that came before the media; its zero value is none
}

// Transactions of our commands.
const (
	connecting = iota + 1
	creatingStream
)

// errStopped reports that the server ended the stream in order.
var errStopped = errors.New("the server ended the stream")

// reason is why a connection ended; nil: the server ended the stream.
func (p *player) reason(err error) error {
	switch kicked := p.kicked(); {
	case kicked != nil:
		return kicked
	case errors.Is(err, errStopped):
		return nil
	case p.session != nil:
		return inWords(err, p.idle)
	case left(err):
		return fmt.Errorf("%w (the server closed the connection without a word)", ingest.ErrNoStream)
	}
	return err
}

// play connects, asks for the stream, and takes what comes.
func (p *player) play(ctx context.Context) error {
	if p.client.Secure {
		config := &tls.Config{}
		if p.client.TLS != nil {
			config = p.client.TLS.Clone()
		}
		config.ServerName, _, _ = net.SplitHostPort(p.client.Address)
		secure := tls.Client(p.conn, config)
		ctx, cancel := context.WithTimeout(ctx, setupTimeout)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		p.conn = secure
	}
	p.setup = time.Now().Add(setupTimeout)
	rw := &deadlineConn{Conn: p.conn, slack: p.idle / 10, until: func() time.Time {
		if p.session == nil {
			return p.setup
		}
		return time.Now().Add(p.idle)
	}}
	p.counter = bytecounter.NewReader(rw)
	buffered := bufio.NewReaderSize(p.counter, readBuffer)
	p.chunks, p.window = newChunkReader(buffered), ackWindow
	p.writer = message.NewWriter(rw, bytecounter.NewWriter(rw), false)
	if _, _, err := handshake.DoClient(readWriter{buffered, rw}, false, false); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if err := p.connect(); err != nil {
		return err
	}
	for {
		m, err := p.chunks.read()
		if err != nil {
			return err
		}
		if err := p.acknowledge(); err != nil {
			return err
		}
		if err := p.take(ctx, m); err != nil {
			return err
		}
		p.countDropped()
	}
}

// connect sends the first command (RTMP 1.0 §7.2.1.1), with the codecs that are taken.
func (p *player) connect() error {
	wish := amf0.Object{
		{Key: "app", Value: p.client.App}, {Key: "flashVer", Value: "LNX 9,0,124,2"}, {Key: "tcUrl", Value: p.client.TCURL},
		{Key: "fpad", Value: false}, {Key: "capabilities", Value: float64(15)},
		{Key: "audioCodecs", Value: float64(4071)}, {Key: "videoCodecs", Value: float64(252)}, {Key: "videoFunction", Value: float64(1)},
		{Key: "objectEncoding", Value: float64(0)},
	}
	wish = append(wish, enhancements(amf0.Object{{Key: "fourCcList"}})...) // asks as it answers
	for _, m := range []message.Message{
		&message.SetWindowAckSize{Value: ackWindow},
		&message.SetChunkSize{Value: 65536},
		&message.CommandAMF0{ChunkStreamID: 3, Name: "connect", CommandID: connecting, Arguments: amf0.Data{wish}},
	} {
		if err := p.writer.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// take takes a message of the server.
func (p *player) take(ctx context.Context, m rtmpMessage) error {
	switch m.kind {
	case typeCommandAMF0:
		return p.answer(m.streamID, m.body)
	case typeCommandAMF3:
		return p.answer(m.streamID, withoutAMF3Marker(m.body))
	case typeAudio, typeVideo, typeAggregate, typeDataAMF0, typeDataAMF3:
		if p.session == nil {
			if !m.kind.media() {
				p.metadata = m
				return nil
			}
			if err := p.open(ctx); err != nil {
				return err
			}
		}
	}
	return p.handle(ctx, m)
}

// open opens the publication.
func (p *player) open(ctx context.Context) error {
	sink, err := p.gate.Open(ctx, ingest.Request{Protocol: "rtmp", Kick: p.stop})
	if err != nil {
		return err
	}
	p.session = ingest.NewSession(sink, millisecond, 32)
	p.media = &demuxer{session: p.session}
	if p.metadata.kind != 0 {
		return p.publication(p.metadata)
	}
	return nil
}

// answer takes an answer of the server, or what it says of the stream.
func (p *player) answer(streamID uint32, body []byte) error {
	cmd, err := parseCommand(streamID, body)
	if err != nil {
		return nil // the media tell more
	}
	switch cmd.name {
	case "_result":
		switch cmd.transaction {
		case connecting:
			return p.writer.Write(&message.CommandAMF0{ChunkStreamID: 3, Name: "createStream", CommandID: creatingStream, Arguments: amf0.Data{nil}})
		case creatingStream:
			return p.request(cmd)
		}
	case "_error":
		return p.refused(cmd.info())
	case "onStatus":
		return p.judge(cmd.info())
	case "close":
		return errStopped
	}
	return nil
}

// request asks for the stream, on the message stream that the server made.
func (p *player) request(created command) error {
	id := float64(1)
	if len(created.arguments) > 0 {
		if n, ok := created.arguments[0].(float64); ok && n >= 0 && n < 1<<32 {
			id = n
		}
	}
	p.chunks.mediaAllowed = true
	return p.writer.Write(&message.CommandAMF0{
		// The library writes the ID big endian, see status.
		ChunkStreamID: 8, MessageStreamID: bits.ReverseBytes32(uint32(id)), Name: "play",
		Arguments: amf0.Data{nil, p.client.Stream, float64(-2000)},
	})
}

// info is the object that says what became of a command.
func (cmd command) info() amf0.Object {
	for _, v := range cmd.arguments {
		if o := object(v); o != nil {
			return o
		}
	}
	return cmd.object
}

// judge says what a status means (§7.2.2).
func (p *player) judge(info amf0.Object) error {
	code, _ := info.GetString("code")
	switch code {
	case "NetStream.Play.Stop", "NetStream.Play.Complete", "NetStream.Play.UnpublishNotify":
		return errStopped
	case "NetStream.Play.StreamNotFound":
		return fmt.Errorf("%w (%s)", ingest.ErrNoStream, code)
	}
	if level, _ := info.GetString("level"); level == "error" {
		return p.refused(info)
	}
	return nil
}

// maxDescription bounds what is told of a server's words, in bytes.
const maxDescription = 200

// refused is why a server refused a command.
func (p *player) refused(info amf0.Object) error {
	code, _ := info.GetString("code")
	description, _ := info.GetString("description")
	text := code + " " + description
	if p.client.Stream != "" {
		text = strings.ReplaceAll(text, p.client.Stream, "…") // it may be a key
	}
	text = fmt.Sprintf("%.*q", maxDescription, text)
	if code == "NetConnection.Connect.Rejected" || code == "NetStream.Play.Failed" {
		return fmt.Errorf("%w: the server refused: %s", ingest.ErrCredentials, text)
	}
	return fmt.Errorf("the server refused: %s", text)
}
