package ingest

import "time"

// Link is how the packets of a publication come, by protocols that send lost ones again.
type Link struct {
	Received      uint64  `json:"received" doc:"Packets, each counted once"`
	Missing       uint64  `json:"missing" doc:"Packets that were missing at first, reordered ones included"`
	Retransmitted uint64  `json:"retransmitted" doc:"Packets that came again"`
	Dropped       uint64  `json:"dropped" doc:"Packets that never came in time: this is what viewers see"`
	RoundTrip     float64 `json:"round_trip" doc:"Seconds from here to the publisher and back, smoothed"`
	Buffer        float64 `json:"buffer" doc:"Seconds of packets that wait for their time"`
	Latency       float64 `json:"latency" doc:"Seconds that a lost packet has to come again, as both sides agreed"`
	Advised       float64 `json:"advised_latency" doc:"Seconds to set as the latency: four round trips, 120 ms at least"`
}

// leastLatency is SRT's own default, which is enough nearby.
const leastLatency = 120 * time.Millisecond

// AdvisedLatency is the latency to set for a round trip: a packet that is lost is asked for
// after one, comes after another, and both may be lost once more.
func AdvisedLatency(roundTrip time.Duration) time.Duration {
	const step = 10 * time.Millisecond
	return max(leastLatency, (4*roundTrip + step - 1).Truncate(step))
}
