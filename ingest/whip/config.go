package whip

import (
	"net/http"
	"net/netip"
	"time"
)

// Config of a server.
type Config struct {
	// Listen is the address for media, e.g. ":8189": UDP, and TCP for publishers whose
	// network keeps UDP out.
	Listen string
	// Hosts are addresses that publishers reach Listen at, where the machine doesn't have
	// them itself: behind a 1:1 NAT, or in a container. They are announced beside its own.
	Hosts []netip.Addr
	// ICEServers are the TURN and STUN servers that publishers are told of.
	ICEServers []ICEServer
	// KeyInterval is how long the picture may go without a keyframe until one is asked for.
	// 0 is 2 s.
	KeyInterval time.Duration
	// ResendWait is how long a lost packet may take to come again. 0 is 300 ms: three attempts at
	// a round trip of 100 ms.
	ResendWait time.Duration
	// ConnectTimeout bounds the time from the answer to the first encrypted packet. 0 is 10 s.
	ConnectTimeout time.Duration
	// IdleTimeout ends a publication whose publisher is not heard any more. 0 is 15 s, in
	// which the publisher may restart ICE.
	IdleTimeout time.Duration
	// Client is the address and port that a request comes from; nil: the peer's own.
	Client func(*http.Request) string
}

// Limits of what strangers may cost. The stream key is looked at before a peer connection is
// made.
const (
	maxSessions       = 256
	maxConnections    = 512      // by TCP
	maxBody           = 64 << 10 // of a request, in bytes
	offerBurst        = 20       // offers at once from one network, and as many more in offerPeriod
	offerPeriod       = 10 * time.Second
	maxSourcesTracked = 4096
	gatherTimeout     = 10 * time.Second // to find the machine's addresses, which takes no time
	retryAfter        = 5 * time.Second  // told to those who are refused for want of room
)

func (c Config) withDefaults() Config {
	if c.KeyInterval == 0 {
		c.KeyInterval = 2 * time.Second
	}
	if c.ResendWait == 0 {
		c.ResendWait = 300 * time.Millisecond
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 15 * time.Second
	}
	if c.Client == nil {
		c.Client = func(r *http.Request) string { return r.RemoteAddr }
	}
	return c
}
