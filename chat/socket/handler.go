package socket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/ws"
	"github.com/prometheus/client_golang/prometheus"
)

// Config of a Handler. The zero value of a field means its default.
type Config struct {
	// AllowedOrigins tells whether the page that asks may connect; nil: any.
	AllowedOrigins func(*http.Request) bool
	// Address is the client's, past proxies that are trusted; nil: the peer's.
	Address func(*http.Request) netip.Addr
	// MaxMessage bounds what a client sends at once, in bytes. Default 16 KiB.
	MaxMessage int
	// MaxPending bounds what is kept for a client that does not read, in bytes: above
	// it the client is disconnected with code 3008. Default 256 KiB.
	MaxPending int
	// PerAddress is how many connections one IPv4 address or IPv6 /64 may have; 0: any
	// number.
	PerAddress int
	// Rate is how many connections a second are let in; 0: all. Burst of them may come
	// at once (default Rate), and Queue is how long one may have to wait for its turn
	// (default 2 s).
	Rate  float64
	Burst int
	Queue time.Duration
	// CloseTimeout is how long a client may take to answer a close frame (default 5 s).
	CloseTimeout time.Duration
	// Pings is how the library looks whether clients are alive.
	Pings centrifuge.PingPongConfig
	Log   *slog.Logger
	// Metrics is where the counters are registered; nil: nowhere.
	Metrics prometheus.Registerer
}

func (c *Config) setDefaults() {
	if c.MaxMessage == 0 {
		c.MaxMessage = 16 << 10
	}
	if c.MaxPending == 0 {
		c.MaxPending = 256 << 10
	}
	if c.Burst == 0 {
		c.Burst = int(math.Ceil(c.Rate))
	}
	if c.Queue == 0 {
		c.Queue = 2 * time.Second
	}
	if c.CloseTimeout == 0 {
		c.CloseTimeout = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Handler makes clients of a node of WebSocket requests.
type Handler struct {
	node      *centrifuge.Node
	cfg       Config
	admission admission
	addresses addresses
	messages  sync.Pool    // *bytes.Buffer
	kept      atomic.Int64 // bytes in outboxes
	figures   counts

	mu      sync.Mutex
	closed  bool // no more connections
	running sync.WaitGroup
}

// NewHandler makes a handler for a node that runs.
func NewHandler(node *centrifuge.Node, cfg Config) *Handler {
	cfg.setDefaults()
	return &Handler{
		node: node, cfg: cfg,
		admission: admission{rate: cfg.Rate, burst: float64(cfg.Burst), queue: cfg.Queue},
		addresses: addresses{limit: cfg.PerAddress, counts: make(map[netip.Addr]int)},
		messages:  sync.Pool{New: func() any { return new(bytes.Buffer) }},
		figures:   newCounts(cfg.Metrics),
	}
}

// upgradeTimeout is how long the answer to the upgrade may take to be written.
const upgradeTimeout = 10 * time.Second

// ServeHTTP implements http.Handler: it returns after the handshake.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	encoding, ok := h.acceptable(w, r)
	if !ok {
		return
	}
	address, ok := h.enter(w, r)
	if !ok {
		return
	}
	upgrader := ws.HTTPUpgrader{Timeout: upgradeTimeout, Protocol: func(name string) bool { return protocols[name] != nil }}
	conn, buffered, handshake, err := upgrader.Upgrade(r, w)
	if err != nil {
		h.figures.refuse("handshake")
		h.leave(address)
		if conn != nil {
			_ = conn.Close()
		}
		return
	}
	if known := protocols[handshake.Protocol]; known != nil {
		encoding = known
	}
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	c := &connection{handler: h, conn: conn, address: address, encoding: encoding, early: bytes.Clone(early)}
	go c.serve(context.WithoutCancel(r.Context())) // counted by enter
}

// protocols are the subprotocols that exist. JSON is also what is spoken without one.
var protocols = map[string]*encoding{"centrifuge-json": jsonEncoding, "centrifuge-protobuf": protobufEncoding}

// acceptable answers requests that can't become a connection.
func (h *Handler) acceptable(w http.ResponseWriter, r *http.Request) (*encoding, bool) {
	if r.ProtoMajor != 1 || !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket") {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		if r.ProtoMajor != 1 { // HTTP/2 knows no such fields
			w.Header().Del("Upgrade")
			w.Header().Del("Connection")
		}
		h.refuse(w, "handshake", http.StatusUpgradeRequired, "this is a WebSocket endpoint", 0)
		return nil, false
	}
	if h.cfg.AllowedOrigins != nil && !h.cfg.AllowedOrigins(r) {
		h.refuse(w, "origin", http.StatusForbidden, "pages of this origin may not connect", 0)
		return nil, false
	}
	if offered := r.Header.Values("Sec-WebSocket-Protocol"); len(offered) > 0 {
		for name := range protocols {
			if hasToken(r.Header, "Sec-WebSocket-Protocol", name) {
				return jsonEncoding, true
			}
		}
		h.refuse(w, "protocol", http.StatusBadRequest, "the subprotocol is centrifuge-json or centrifuge-protobuf, or none", 0)
		return nil, false
	}
	if q := r.URL.Query(); r.URL.RawQuery != "" && (q.Get("format") == "protobuf" || q.Get("cf_protocol") == "protobuf") {
		return protobufEncoding, true
	}
	return jsonEncoding, true
}

// hasToken looks for an element of a list, in any case.
func hasToken(header http.Header, name, token string) bool {
	for _, value := range header.Values(name) {
		for element := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(element), token) {
				return true
			}
		}
	}
	return false
}

// enter counts a connection, or answers that there is no room for it.
func (h *Handler) enter(w http.ResponseWriter, r *http.Request) (address netip.Addr, ok bool) {
	if h.cfg.Address != nil {
		address = h.cfg.Address(r)
	} else if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		address = peer.Addr()
	}
	h.mu.Lock()
	closed := h.closed
	if !closed {
		h.running.Add(1)
	}
	h.mu.Unlock()
	if closed {
		h.refuse(w, "drain", http.StatusServiceUnavailable, "this server is closing", time.Second)
		return address, false
	}
	address, free := h.addresses.enter(address)
	if !free {
		h.running.Done()
		h.refuse(w, "address", http.StatusTooManyRequests, "too many connections from this address", 10*time.Second)
		return address, false
	}
	retry, err := h.admission.admit(r.Context())
	if retry > 0 || err != nil {
		h.leave(address)
		h.refuse(w, "rate", http.StatusServiceUnavailable, "too many connections at once", max(retry, time.Second))
		return address, false
	}
	return address, true
}

// leave ends the count of a connection.
func (h *Handler) leave(address netip.Addr) {
	h.addresses.leave(address)
	h.running.Done()
}

func (h *Handler) refuse(w http.ResponseWriter, why string, status int, text string, retry time.Duration) {
	h.figures.refuse(why)
	if retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.Seconds()))))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

// connection is one client.
type connection struct {
	handler  *Handler
	conn     net.Conn
	address  netip.Addr
	encoding *encoding
	early    []byte // what came behind the handshake
}

// serve reads until the connection ends.
func (c *connection) serve(ctx context.Context) {
	h := c.handler
	defer h.leave(c.address)
	defer func() { _ = c.conn.Close() }()
	h.figures.open.Add(1)
	defer h.figures.open.Add(-1)
	t := &transport{outbox: newOutbox(c.conn, h.cfg.MaxPending, h.running.Go), encoding: c.encoding, pings: h.cfg.Pings, closeTimeout: h.cfg.CloseTimeout}
	t.outbox.kept = &h.kept
	defer t.outbox.abandon()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, closeClient, err := centrifuge.NewClient(ctx, h.node, t)
	if err != nil {
		h.cfg.Log.Warn("chat connection", "err", err)
		return
	}
	defer func() { _ = closeClient() }()
	var source reading = c.conn
	if len(c.early) > 0 {
		source = &preceded{c.early, c.conn}
		c.early = nil
	}
	pong := func(payload []byte) error {
		return t.outbox.write(append(appendHeader(nil, ws.OpPong, len(payload)), payload...))
	}
	r := newReader(source, h.cfg.MaxMessage, !c.encoding.binary, pong)
	commands := &commands{client: client, limit: int64(h.cfg.MaxMessage), done: make(chan bool, 1)}
	for {
		proceed, err := h.next(r, commands)
		if err != nil {
			h.closeConnection(client, t, r, err)
			return
		}
		if !proceed {
			h.linger(t, r)
			return
		}
	}
}

// reading is what a reader reads from.
type reading interface{ Read([]byte) (int, error) }

// preceded is a connection of which some was read with the request.
type preceded struct {
	early []byte
	net.Conn
}

func (p *preceded) Read(b []byte) (int, error) {
	if len(p.early) == 0 {
		return p.Conn.Read(b)
	}
	n := copy(b, p.early)
	if p.early = p.early[n:]; len(p.early) == 0 {
		p.early = nil
	}
	return n, nil
}

// next reads a message and lets the library handle it.
func (h *Handler) next(r *reader, c *commands) (proceed bool, err error) {
	// A ping's answer is all that comes for minutes: no buffer is held for it.
	if _, err := r.buffered.Peek(1); err != nil {
		return false, err
	}
	b := h.messages.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= maxKept {
			h.messages.Put(b)
		}
	}()
	if err := r.message(b); err != nil {
		return false, err
	}
	return c.handle(b), nil
}

// maxKept is how large a buffer may be to be used again, in bytes.
const maxKept = 4 << 10

// commands has messages handled in goroutines of their own: the stack that a publish
// needs would stay with the reading goroutine for as long as the connection lives.
type commands struct {
	client *centrifuge.Client
	limit  int64
	b      *bytes.Buffer
	done   chan bool
}

func (c *commands) handle(b *bytes.Buffer) bool {
	c.b = b
	go c.run() // handle waits for it
	proceed := <-c.done
	c.b = nil
	return proceed
}

func (c *commands) run() { c.done <- centrifuge.HandleReadFrame(c.client, c.b, c.limit) }

// closeConnection ends a connection that can't be read any more.
func (h *Handler) closeConnection(client *centrifuge.Client, t *transport, r *reader, err error) {
	var d centrifuge.Disconnect
	switch {
	case errors.As(err, &d):
		h.figures.refuse("frame")
		client.Disconnect(d)
		h.linger(t, r)
	case errors.Is(err, errClosed) && !t.closing.Swap(true):
		// RFC 6455 §5.5.1: a close frame is answered with one.
		t.outbox.last(append(appendHeader(nil, ws.OpClose, 2), 0x03, 0xe8))
	}
}

// linger reads on until the peer has answered the close frame or the deadline, which
// Close has set, is over: closing a socket with bytes unread would reset it, and the
// peer might never see why. The answer ends it at once, for browsers tell their pages
// only when the server has closed the connection (RFC 6455 §7.1.1).
func (h *Handler) linger(t *transport, r *reader) {
	_ = t.outbox.conn.SetReadDeadline(time.Now().Add(t.closeTimeout))
	var waste bytes.Buffer
	for {
		var d centrifuge.Disconnect
		err := r.message(&waste)
		switch {
		case errors.As(err, &d): // where frames begin is not known any more
			_, _ = io.CopyBuffer(io.Discard, struct{ io.Reader }{r.buffered}, make([]byte, 512))
			return
		case err != nil:
			return
		}
	}
}
