package cost

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func table(t testing.TB) *Table {
	t.Helper()
	table, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]Money{
		"50": 50 * One, "50USD": 50 * One, "50 USD": 50 * One, "0.085": 85_000_000, ".5": One / 2, "1.": One,
		"0.000000001": 1, "9000000000": 9_000_000_000 * One,
	} {
		if got, err := ParseMoney(text, "USD"); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "USD", "-1", "+1", "1e3", "1,5", "0.0000000001", "99999999999", "NaN", "50EUR"} {
		if got, err := ParseMoney(text, "USD"); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for m, want := range map[Money]string{0: "0.00", 85_000_000: "0.085", 50 * One: "50.00", -One / 2: "-0.50", 1: "0.000000001"} {
		if m.String() != want {
			t.Errorf("%d is %q, want %q", int64(m), m.String(), want)
		}
	}
}

// What a month costs, worked out by hand from the providers' lists.
func TestBills(t *testing.T) {
	const gb, tb = int64(1e9), int64(1e12)
	tests := []struct {
		name, cdn, country string
		requests, bytes    int64
		want               string
	}{
		{"free", "cloudfront", "DE", 10_000_000, 1 * tb, "0.00"},
		{"one byte more than free", "cloudfront", "DE", 10_000_000, 1*tb + gb, "0.085"},
		{"requests above free", "cloudfront", "BR", 10_010_000, 0, "0.022"},
		{"first tier, nine of which cost", "cloudfront", "US", 0, 10 * tb, "765.00"},
		{"second tier", "cloudfront", "US", 0, 12 * tb, "925.00"},
		{"Japan has a price of its own", "cloudfront", "JP", 0, 2 * tb, "114.00"},
		{"unknown country", "cloudfront", "", 0, 2 * tb, "85.00"},
		{"binary gigabytes", "google-cloud-cdn", "FR", 0, 1 << 30, "0.08"},
		{"tiers of binary terabytes", "google-cloud-cdn", "FR", 0, 11 << 40, "875.52"},
		{"requests", "google-cloud-cdn", "FR", 4_000_000, 0, "3.00"},
		{"the whole account's volume", "bunny-volume", "FR", 1e9, 600 * tb, "2900.00"},
		{"dear region", "bunny", "ZA", 1e9, 100 * gb, "6.00"},
		{"two tiers of requests", "fastly", "US", 201_000_000, 0, "194.95"},
	}
	table := table(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewAccount(table.CDNs[tt.cdn]).Charge(tt.country, tt.requests, tt.bytes); got.String() != tt.want {
				t.Errorf("costs %v, want %s", got, tt.want)
			}
		})
	}
}

// A month charged in random pieces costs what it costs at once, to the billionth.
func TestPiecesAddUp(t *testing.T) {
	table := table(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range table.Names() {
		if !table.CDNs[name].Priced() {
			continue
		}
		whole, parts := NewAccount(table.CDNs[name]), NewAccount(table.CDNs[name])
		var sum Money
		var total volume
		for range 20_000 {
			r, b := random.Int64N(5000), random.Int64N(3e9)
			total.requests, total.bytes = total.requests+r, total.bytes+b
			sum += parts.Charge("DE", r, b)
		}
		if want := whole.Charge("DE", total.requests, total.bytes); sum != want {
			t.Errorf("%s: parts cost %v, the whole %v", name, sum, want)
		}
	}
}

// The arithmetic is exact.
func TestExact(t *testing.T) {
	c := &CDN{Default: "all", Tiers: tiersRegion, gigabyte: 1 << 30, Regions: map[string]*Region{"all": {perGB: []step{{price: 123_456_789}}}}}
	a := NewAccount(c)
	var sum Money
	const n, piece = 10_000, 1_234_567
	for range n {
		sum += a.Charge("", 0, piece)
	}
	want := new(big.Rat).SetFrac64(123_456_789, 1<<30)
	want.Mul(want, new(big.Rat).SetInt64(n*piece))
	floor := new(big.Int).Quo(want.Num(), want.Denom())
	if int64(sum) != floor.Int64() {
		t.Errorf("%d, want %v", sum, floor)
	}
}

func TestNothingRunsOver(t *testing.T) {
	table := table(t)
	a := NewAccount(table.CDNs["cloudfront"])
	for range 3 {
		if c := a.Charge("JP", 1<<63-1, 1<<63-1); c <= 0 {
			t.Errorf("costs %v", c)
		}
	}
	if c := a.Charge("JP", -5, -5); c != 0 {
		t.Errorf("less than nothing costs %v", c)
	}
}

func TestRegions(t *testing.T) {
	table := table(t)
	for _, tt := range []struct{ cdn, country, want string }{
		{"cloudfront", "IL", "europe"}, {"cloudfront", "AE", "africa-middle-east"}, {"cloudfront", "IN", "india"},
		{"cloudfront", "SG", "asia"}, {"cloudfront", "NZ", "australia"}, {"cloudfront", "XX", "north-america"},
		{"google-cloud-cdn", "CN", "china"}, {"google-cloud-cdn", "HK", "asia-pacific"}, {"google-cloud-cdn", "", "north-america"}, {"google-cloud-cdn", "AE", "other"},
	} {
		if got, _ := table.CDNs[tt.cdn].regionOf(tt.country); got != tt.want {
			t.Errorf("%s: %q is in %s, want %s", tt.cdn, tt.country, got, tt.want)
		}
	}
}

// Each price says where it comes from, and no country is in two areas.
func TestBuiltInTable(t *testing.T) {
	table := table(t)
	for name, c := range table.CDNs {
		if c.Priced() && len(c.Sources) == 0 {
			t.Errorf("%s has prices of nowhere", name)
		}
		if c.Verified && !c.Priced() {
			t.Errorf("%s: nothing was verified", name)
		}
		for _, s := range c.Sources {
			if !strings.HasPrefix(s.URL, "https://") || len(s.Seen) != len("2026-11-23") || s.For == "" {
				t.Errorf("%s: source %+v", name, s)
			}
		}
		if !c.Priced() && c.Note == "" {
			t.Errorf("%s says nothing", name)
		}
	}
	n := 0
	for _, countries := range areas {
		n += len(strings.Fields(countries))
	}
	if n != len(areaByCountry) || n < 240 {
		t.Errorf("%d countries, of which %d differ", n, len(areaByCountry))
	}
}

func TestTableFaults(t *testing.T) {
	const good = "cdns:\n  mine:\n    default: a\n    regions: {a: {per_gb: [{price: 0.01}]}}\n"
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ yaml, want string }{
		"not YAML":      {"cdns: [", "price table"},
		"unknown field": {"cdns: {a: {price: 1}}", "price"},
		"name":          {"cdns: {My CDN: {note: x}}", "a-z"},
		"unit":          {strings.Replace(good, "default", "unit: MB\n    default", 1), "GB or GiB"},
		"tiers":         {strings.Replace(good, "default", "tiers: all\n    default", 1), "region or account"},
		"default":       {strings.Replace(good, "default: a", "default: b", 1), "not one of its regions"},
		"price":         {strings.Replace(good, "0.01", "-0.01", 1), "amount of money"},
		"too dear":      {strings.Replace(good, "0.01", "1001", 1), "too much"},
		"volume":        {strings.Replace(good, "[{price", "[{next: 10 apples, price: 1}, {price", 1), "10TB"},
		"open tier":     {strings.Replace(good, "[{price", "[{price: 1}, {price", 1), "last tier"},
		"area":          {strings.Replace(good, "{a: {", "{a: {areas: moon, ", 1), "moon"},
		"no prices":     {"cdns:\n  mine:\n    default: a\n    regions: {a: {areas: asia}}\n", "no prices"},
		"empty":         {"cdns: {a: }", "empty"},
	} {
		if _, err := Parse([]byte(tt.yaml)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v does not say %q", name, err, tt.want)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add(builtIn[:4000])
	f.Add([]byte("cdns:\n  mine:\n    unit: GiB\n    default: a\n    free: {volume: 1TB, requests: 5}\n    regions: {a: {per_gb: [{next: 10TB, price: 0.01}, {price: 0.02}]}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := Parse(text)
		if err != nil {
			return
		}
		for _, c := range table.CDNs {
			a := NewAccount(c)
			if a.Charge("DE", 1e9, 1e15) < 0 || a.Charge("", 1<<62, 1<<62) < 0 {
				t.Error("a negative bill")
			}
		}
	})
}
