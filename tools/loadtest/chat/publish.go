package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// firstPublishID is added to a message's number for the ID of its command.
const firstPublishID = 10

// publisher writes its share of a room's messages.
type publisher struct {
	run    *run
	room   int
	index  int // in its room
	conn   *conn
	ledger *ledger
}

// write sends messages until ctx ends. They do not wait for answers: a slow server
// gets no fewer.
func (p *publisher) write(ctx context.Context) {
	cfg := p.run.cfg
	gap := time.Duration(float64(time.Second) * float64(cfg.Publishers) / cfg.Rate)
	// The same in each run, so that two servers get the same.
	random := rand.New(rand.NewPCG(uint64(p.room), uint64(p.index)))
	next := time.Now().Add(time.Duration(random.Float64() * float64(gap)))
	for retry.Sleep(ctx, time.Until(next)) {
		p.send(ctx)
		if cfg.Even {
			next = next.Add(gap)
		} else {
			next = next.Add(time.Duration(random.ExpFloat64() * float64(gap)))
		}
	}
}

func (p *publisher) send(ctx context.Context) {
	now := time.Now()
	number := p.ledger.take(now)
	data := append([]byte(nil), `{"text":"`...)
	data = stamp{p.room, p.index, number, now.UnixNano()}.appendText(data, p.run.cfg.session, p.run.cfg.Text)
	data = append(data, `","at":0}`...)
	p.run.shard.published.Add(1)
	if p.run.cfg.API != "" {
		p.run.posting.Go(func() { p.post(ctx, number, data) })
		return
	}
	command := `{"id":` + strconv.Itoa(int(number)+firstPublishID) + `,"publish":{"channel":"` + p.run.cfg.channel(p.room) + `","data":` + string(data) + `}}`
	if err := p.conn.pipe.write(appendFrame(nil, opText, []byte(command))); err != nil {
		p.answered(number, &protocolError{Message: "connection lost"}, time.Now())
	}
}

// answered takes the server's answer to a message.
func (p *publisher) answered(number uint32, refusal *protocolError, now time.Time) {
	took, known := p.ledger.settle(number, refusal == nil, now)
	switch {
	case !known:
	case refusal != nil:
		p.run.stats.refuse(refusal)
	default:
		p.run.shard.accepted.Add(1)
		p.run.shard.answer.Add(took)
	}
}

// post publishes by HTTP.
func (p *publisher) post(ctx context.Context, number uint32, data []byte) {
	refused := &protocolError{}
	defer func() { p.answered(number, refused, time.Now()) }()
	body := fmt.Appendf(nil, `{"channel":%q,"data":%s}`, p.run.cfg.channel(p.room), data)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.run.cfg.API, bytes.NewReader(body))
	if err != nil {
		refused.Message = "request"
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Key", p.run.cfg.APIKey)
	answer, err := p.run.client.Do(request)
	if err != nil {
		refused.Message = measure.KindOf(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	var result struct {
		Error *protocolError `json:"error"`
	}
	if answer.StatusCode != http.StatusOK {
		refused.Code, refused.Message = answer.StatusCode, "status"
		return
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&result); err != nil {
		refused.Message = "malformed answer"
		return
	}
	refused = result.Error
}
