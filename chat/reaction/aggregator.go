package reaction

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/internal/ticker"
)

// Tick is how often a room's reactions go out.
const Tick = 200 * time.Millisecond

// Hub is the viewers that this process has. Neither function may block for long: a
// tick that takes longer makes the next ones late.
type Hub interface {
	// Viewers are the rooms that have viewers here, and how many.
	Viewers() map[string]int
	// SendTick hands a tick, as JSON, to the room's viewers here, and to nobody else's.
	SendTick(room string, data []byte)
}

// Peers tell the other processes what was counted here: each of them hands data to
// its [Aggregator.Hear]. What is lost is not sent again. Share may block, for a bounded
// time.
type Peers interface {
	Share(data []byte) error
}

// Aggregator hands out each room's reactions every 200 ms, and its statistics every 2 s, while
// there is a viewer, a tap or a message.
type Aggregator struct {
	counter *Counter
	figures *RoomStats
	hub     Hub
	peers   Peers
	log     *slog.Logger
	id      string
	ticks   *ticker.OnDemand
	told    time.Time   // when statistics were handed out; owned by Run
	watched bool        // there were viewers then; owned by Run
	shared  chan []byte // at most two seconds of ticks; what finds it full is dropped

	mu    sync.Mutex
	heard map[string]sums // since the last tick
}

// NewAggregator makes an aggregator; peers is nil where this is the only process.
func NewAggregator(counter *Counter, figures *RoomStats, hub Hub, peers Peers, log *slog.Logger) *Aggregator {
	return &Aggregator{
		counter: counter, figures: figures, hub: hub, peers: peers, log: log,
		id: randomid.New(), ticks: ticker.New(Tick), shared: make(chan []byte, 10), heard: map[string]sums{},
	}
}

// Wake says that a viewer has come, that the counter has taps or that the statistics have a
// message. The aggregator rests when it finds none of these.
func (p *Aggregator) Wake() { p.ticks.Wake() }

// Run works until ctx is cancelled.
func (p *Aggregator) Run(ctx context.Context) error {
	if p.peers != nil {
		var telling sync.WaitGroup
		telling.Go(func() { p.sendShares(ctx) })
		defer telling.Wait()
	}
	p.told, p.watched = time.Now(), true // somebody may be there already
	p.Wake()
	defer p.ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-p.ticks.C:
			p.ticks.Do(func() bool { return p.updateRates(now) })
		}
	}
}

// updateRates does what is due at a tick, and tells whether another one is needed.
func (p *Aggregator) updateRates(now time.Time) bool {
	var viewers map[string]int
	stats := now.Sub(p.told) >= statsEvery
	if stats {
		p.told = now
		viewers = p.hub.Viewers()
		p.watched = len(viewers) > 0
	}
	counting := p.tick(viewers)
	if stats {
		p.figures.updateRates(now)
	}
	return counting || p.watched || p.figures.any()
}

// AddPartial takes in what another process shared; its own is left aside, so that a bus may
// bring everything to everybody.
func (p *Aggregator) AddPartial(data []byte) error {
	heard, err := decodePartial(data)
	if err != nil || heard.From == p.id {
		return err
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for room, r := range heard.Rooms {
		if r.Stats != nil {
			p.figures.addShare(room, heard.From, *r.Stats, now)
		}
		for name, count := range r.Counts {
			k, ok := p.counter.names.key(name)
			if !ok {
				k = heart // an emote that only the other process's configuration has
			}
			p.addHeard(room, k, count)
		}
	}
	p.Wake()
	return nil
}

func (p *Aggregator) addHeard(room string, k key, count int) {
	sum := p.heard[room]
	if sum == nil {
		if len(p.heard) >= maxPartialRooms {
			return
		}
		sum = sums{}
		p.heard[room] = sum
	}
	sum.add(k, count, maxNames)
}

// tick hands out what was counted since the last one; with viewers the statistics, too. It
// tells whether somebody tapped lately.
func (p *Aggregator) tick(viewers map[string]int) (counting bool) {
	counted := map[string]sums{}
	counting = p.counter.drain(counted)
	p.sharePartial(counted, viewers)

	p.mu.Lock()
	for room, heard := range p.heard {
		addAll(counted, room, heard)
	}
	clear(p.heard)
	p.mu.Unlock()

	for room, sum := range counted {
		pulse := message.ReactionTick{Counts: p.counter.names.fold(sum)}
		if count, ok := viewers[room]; ok {
			pulse.Stats = new(p.figures.Stats(room, count))
		}
		p.sendTick(room, pulse)
	}
	for room, count := range viewers {
		if counted[room] == nil {
			p.sendTick(room, message.ReactionTick{Stats: new(p.figures.Stats(room, count))})
		}
	}
	return counting
}

func (p *Aggregator) sendTick(room string, pulse message.ReactionTick) {
	data, err := json.Marshal(pulse)
	if err != nil {
		p.log.Error("pulse", "room", room, "err", err)
		return
	}
	p.hub.SendTick(room, data)
}

// sharePartial tells the other processes, in one message, of the rooms where something is.
func (p *Aggregator) sharePartial(counted map[string]sums, viewers map[string]int) {
	if p.peers == nil {
		return
	}
	rooms := map[string]partialRoom{}
	for room, sum := range counted {
		named := make(map[string]int, len(sum))
		for k, count := range sum {
			named[p.counter.names.text(k)] = count
		}
		rooms[room] = partialRoom{Counts: named}
	}
	if viewers != nil {
		tell := func(room string) {
			s := p.figures.shareOf(room, viewers[room])
			rooms[room] = partialRoom{rooms[room].Counts, &s}
		}
		for room := range viewers {
			tell(room)
		}
		for _, room := range p.figures.active() { // nobody need be watching here
			tell(room)
		}
	}
	if len(rooms) == 0 {
		return
	}
	data, err := json.Marshal(partial{From: p.id, Rooms: rooms})
	if err != nil {
		p.log.Error("partial sums", "err", err)
		return
	}
	select {
	case p.shared <- data:
	default: // the bus is slow: what is a tick old is not worth waiting for
	}
}

// sendShares brings what was counted here to the other processes, beside the ticks: a bus
// that hangs must not hold up this process's own viewers.
func (p *Aggregator) sendShares(ctx context.Context) {
	alone := false
	for {
		select {
		case <-ctx.Done():
			return
		case data := <-p.shared:
			err := p.peers.Share(data)
			if (err != nil) == alone {
				continue
			}
			if alone = err != nil; alone {
				p.log.Warn("reactions stay in this process", "err", err)
			} else {
				p.log.Info("reactions are shared again")
			}
		}
	}
}
