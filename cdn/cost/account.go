package cost

import (
	"maps"
	"math/bits"
)

// perRequests is how many requests the prices of requests are for.
const perRequests = 10_000

// Account is a month's bill of one CDN as it grows. Charging a month's deliveries
// one by one, in whatever pieces, comes to the same as charging them at once.
type Account struct {
	cdn     *CDN
	used    map[string]volume // by region; with tiers of the whole account all in ""
	free    volume            // what is left of the free allowance
	carried struct{ bytes, requests uint64 }
}

// volume is what CDNs bill.
type volume struct{ bytes, requests int64 }

// NewAccount begins a month.
func NewAccount(c *CDN) *Account {
	return &Account{cdn: c, used: make(map[string]volume), free: volume{bytes: c.freeBytes, requests: c.Free.Requests}}
}

// Clone is a copy that can be charged without the original.
func (a *Account) Clone() *Account {
	b := *a
	b.used = maps.Clone(a.used)
	return &b
}

// Charge adds what viewers in a country (ISO 3166-1, "" if unknown) got, and returns
// by how much the bill grew. Negative numbers count nothing.
func (a *Account) Charge(country string, requests, bytes int64) Money {
	name, region := a.cdn.regionOf(country)
	if region == nil {
		return 0
	}
	if a.cdn.Tiers == tiersAccount {
		name = ""
	}
	requests, bytes = max(requests, 0), max(bytes, 0)
	free := volume{bytes: min(bytes, a.free.bytes), requests: min(requests, a.free.requests)}
	a.free.bytes -= free.bytes
	a.free.requests -= free.requests
	used := a.used[name]
	// What is free counts for the tiers all the same: they are of the month's volume.
	cost := charge(region.perGB, used.bytes+free.bytes, bytes-free.bytes, uint64(a.cdn.gigabyte), &a.carried.bytes)
	cost = cost.plus(charge(region.perRequests, used.requests+free.requests, requests-free.requests, perRequests, &a.carried.requests))
	used.bytes, used.requests = addVolume(used.bytes, bytes), addVolume(used.requests, requests)
	a.used[name] = used
	return cost
}

// addVolume adds without running over.
func addVolume(a, b int64) int64 {
	if s := a + b; s >= a {
		return s
	}
	return int64(maxMoney)
}

// step is one tier: its price holds until the month's volume has come to end.
type step struct {
	end   int64 // in bytes, or requests; 0: for ever
	price Money // of unit bytes, or requests
}

// charge is what n more cost when used were used before. carried is what was left
// of the last division.
func charge(steps []step, used, n int64, unit uint64, carried *uint64) Money {
	total := Money(0)
	for _, s := range steps {
		take := n
		if s.end > 0 {
			take = min(n, max(s.end-used, 0))
		}
		high, low := bits.Mul64(uint64(s.price), uint64(take))
		var carry uint64
		low, carry = bits.Add64(low, *carried, 0)
		if high += carry; high >= unit {
			return maxMoney
		}
		quotient, rest := bits.Div64(high, low, unit)
		if quotient > uint64(maxMoney) {
			return maxMoney
		}
		*carried = rest
		total = total.plus(Money(quotient))
		used, n = used+take, n-take
		if n == 0 {
			break
		}
	}
	return total
}
