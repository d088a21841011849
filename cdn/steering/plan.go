package steering

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// plan is what answers are made from. It is never changed, but replaced.
type plan struct {
	ways   []way
	names  [][]byte // quoted, by pathway
	spares [][]byte // likewise, of their doubles
	clones []byte   // the value of PATHWAY-CLONES
	reload string   // what RELOAD-URI begins with, up to the seed
	ttl    string
}

// way is a pathway in a plan.
type way struct {
	index     int
	salt      uint64
	weight    float64
	countries []string
	rank      rank
	probation bool
}

// rank is the order of kinds of pathways in an answer.
type rank uint8

const (
	preferred rank = iota
	regular
	abroad // for other countries than the viewer's
	bad    // demoted
	never  // off
)

// probationShare is the part of sessions that a pathway in probation serves as if
// it was good.
const probationShare = 0.1

// spareSuffix makes the name of a pathway's double: the same host by another name.
// hls.js 1.7 holds the pathway that it is on responsible for every error. When one
// dies several requests fail at once: the first error moves the player to the next
// pathway, the second puts that one into the penalty box too. Its double is where it
// goes on from there.
const spareSuffix = ".2"

// file is the steering server's name, in the playlist's directory and at the root.
const file = "steering.json"

// publish makes the plan anew; d.mu must be held, or nobody else have d.
func (d *Director) publish() {
	p := &plan{reload: file + "?" + seedName + "=", ttl: strconv.Itoa(max(1, int(d.cfg.TTL.Seconds())))}
	if d.cfg.URL != "" {
		p.reload = d.cfg.URL + "/" + p.reload
	}
	type replacement struct {
		Host string `json:"HOST"`
	}
	type clone struct {
		Base        string      `json:"BASE-ID"`
		ID          string      `json:"ID"`
		Replacement replacement `json:"URI-REPLACEMENT"`
	}
	clones := make([]clone, 0, 2*len(d.ways))
	for i, w := range d.ways {
		p.names = append(p.names, strconv.AppendQuote(nil, w.Name))
		p.ways = append(p.ways, way{
			index: i, salt: hash(w.Name), weight: w.Weight, countries: w.Countries,
			rank: w.rank(), probation: w.mode == Auto && w.state == Probation,
		})
		p.spares = append(p.spares, strconv.AppendQuote(nil, w.Name+spareSuffix))
		to := replacement{w.URL.Hostname()}
		clones = append(clones, clone{Base, w.Name, to}, clone{Base, w.Name + spareSuffix, to})
	}
	p.clones, _ = json.Marshal(clones) // strings can't fail
	d.plan.Store(p)
}

func (w *standing) rank() rank {
	switch {
	case w.mode == Off:
		return never
	case w.mode == Preferred:
		return preferred
	case w.state != Good:
		return bad
	}
	return regular
}

// hash is FNV-1a: the same in every process, as two origins must agree.
func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

// mix spreads a number's bits (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// place is a pathway's place in one viewer's order: by rank, then by score.
type place struct {
	index int
	rank  rank
	score float64
}

// order is the pathways for a seed and a country, best first. Scores are exponential
// draws by weight from the seed, so that a pathway is first as often as its weight
// says, and taking one out moves nobody but its own viewers (weighted rendezvous
// hashing). The result uses buf.
func (p *plan) order(seed uint64, country string, buf []place) []place {
	for i := range p.ways {
		w := &p.ways[i]
		if w.rank == never {
			continue
		}
		drawn := float64(mix(seed^w.salt)>>11+1) / (1 << 53) // (0, 1]
		at := place{w.index, w.rank, math.Inf(1)}
		if w.weight > 0 {
			at.score = -math.Log(drawn) / w.weight
		}
		if w.probation && float64(mix(seed+w.salt)>>11) < probationShare*(1<<53) {
			at.rank = regular
		}
		if at.rank == regular && len(w.countries) > 0 && !slices.Contains(w.countries, country) {
			at.rank = abroad
		}
		buf = append(buf, at)
	}
	slices.SortFunc(buf, func(a, b place) int {
		if a.rank != b.rank {
			return int(a.rank) - int(b.rank)
		}
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return a.index - b.index
	})
	return buf
}
