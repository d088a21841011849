package cost

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// OriginCDN is the name under which the origin's own traffic is charged.
const OriginCDN = "origin"

// Table is the prices of CDNs, by name.
type Table struct {
	Currency string          `yaml:"currency"`
	CDNs     map[string]*CDN `yaml:"cdns"`
}

// CDN is one price list.
type CDN struct {
	Name string `yaml:"name"` // for people
	// Unit is what the source calls a gigabyte: GB (1e9 bytes) or GiB (1<<30).
	Unit string `yaml:"unit"`
	// Tiers says whose monthly volume lowers the price: that of each region, or of the
	// whole account.
	Tiers string `yaml:"tiers"`
	Free  struct {
		Volume   string `yaml:"volume"`
		Requests int64  `yaml:"requests"`
	} `yaml:"free"` // each month
	// Default is the region of countries that are unknown or in no region.
	Default string             `yaml:"default"`
	Regions map[string]*Region `yaml:"regions"`
	// Verified: all prices were read on the provider's page, or in a transcription of
	// it that names its date.
	Verified bool     `yaml:"verified"`
	Sources  []Source `yaml:"sources"`
	Note     string   `yaml:"note"`

	gigabyte  int64
	freeBytes int64
	byCountry map[string]string // names of regions
}

// Region is what delivery to some countries costs.
type Region struct {
	// Areas are those of countries.go; Countries are ISO 3166-1 codes, which count more.
	Areas     string `yaml:"areas"`
	Countries string `yaml:"countries"`
	PerGB     []Tier `yaml:"per_gb"`
	Per10K    []Tier `yaml:"per_10000_requests"`
	// Unverified marks a region of a verified CDN.
	Unverified bool `yaml:"unverified"`

	perGB, perRequests []step
}

// Tier is a price, and for how much of a month's volume it holds: "10TB" or a number
// of requests; for all that follows if empty.
type Tier struct {
	Next  string `yaml:"next"`
	Price Money  `yaml:"price"`
}

// Source is where prices were read, and when.
type Source struct {
	URL  string `yaml:"url" json:"url"`
	Seen string `yaml:"seen" json:"seen"` // a date
	For  string `yaml:"for" json:"for"`
}

const (
	tiersRegion  = "region"
	tiersAccount = "account"
)

//go:embed prices.yaml
var builtIn []byte

// BuiltIn is the table that comes with the program.
func BuiltIn() (*Table, error) { return Parse(builtIn) }

// Load reads a table from a file; "" is the built-in one.
func Load(file string) (*Table, error) {
	if file == "" {
		return BuiltIn()
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// maxTable bounds a price table, in bytes.
const maxTable = 1 << 20

// Parse reads a table. The error reports every fault.
func Parse(text []byte) (*Table, error) {
	if len(text) > maxTable {
		return nil, fmt.Errorf("price table: larger than %d bytes", maxTable)
	}
	t := &Table{}
	if err := yaml.UnmarshalWithOptions(text, t, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("price table: %s", yaml.FormatError(err, false, true))
	}
	t.Currency = cmp.Or(t.Currency, "USD")
	if t.CDNs == nil {
		t.CDNs = make(map[string]*CDN)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(t.CDNs)) {
		if err := t.CDNs[name].settle(name); err != nil {
			errs = append(errs, fmt.Errorf("price table: %s: %w", name, err))
		}
	}
	return t, errors.Join(errs...)
}

// Names are the CDNs, sorted.
func (t *Table) Names() []string { return slices.Sorted(maps.Keys(t.CDNs)) }

// SetOrigin prices what the origin sends itself, by decimal gigabyte.
func (t *Table) SetOrigin(perGB Money) {
	t.CDNs[OriginCDN] = &CDN{
		Name: "this server", Unit: "GB", Tiers: tiersRegion, Default: "all", Verified: true, gigabyte: 1e9,
		Regions: map[string]*Region{"all": {perGB: []step{{price: perGB}}}}, Note: "cost.origin_per_gb",
	}
}

// Priced reports whether there are prices: some CDNs have no public ones.
func (c *CDN) Priced() bool { return len(c.Regions) > 0 }

// Lowest and highest price of a region and volume, for a look at the table.
func (c *CDN) priceRange(of func(*Region) []step) (low, high Money) {
	low = maxMoney
	for _, r := range c.Regions {
		for _, s := range of(r) {
			low, high = min(low, s.price), max(high, s.price)
		}
	}
	return min(low, high), high
}

// PerGB is the lowest and the highest price of a gigabyte.
func (c *CDN) PerGB() (low, high Money) {
	return c.priceRange(func(r *Region) []step { return r.perGB })
}

// PerRequests is the lowest and the highest price of 10,000 requests.
func (c *CDN) PerRequests() (low, high Money) {
	return c.priceRange(func(r *Region) []step { return r.perRequests })
}

// NamePattern is what a CDN's name looks like.
var NamePattern = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// settle checks a price list and works out what charging needs.
func (c *CDN) settle(name string) error {
	if c == nil {
		return errors.New("is empty")
	}
	var errs []error
	if !NamePattern.MatchString(name) {
		errs = append(errs, errors.New("the name: use 1 to 32 of a-z, 0-9 and -"))
	}
	switch c.Unit {
	case "GB", "":
		c.Unit, c.gigabyte = "GB", 1e9
	case "GiB":
		c.gigabyte = 1 << 30
	default:
		errs = append(errs, fmt.Errorf("unit: %.20q is not known; use GB or GiB", c.Unit))
	}
	switch c.Tiers {
	case "":
		c.Tiers = tiersRegion
	case tiersRegion, tiersAccount:
	default:
		errs = append(errs, fmt.Errorf("tiers: %.20q is not known; use region or account", c.Tiers))
	}
	var err error
	if c.freeBytes, err = parseVolume(c.Free.Volume); err != nil {
		errs = append(errs, fmt.Errorf("free: volume: %w", err))
	}
	if c.Free.Requests < 0 {
		errs = append(errs, errors.New("free: requests: use 0 or more"))
	}
	for _, region := range slices.Sorted(maps.Keys(c.Regions)) {
		if err := c.Regions[region].settle(); err != nil {
			errs = append(errs, fmt.Errorf("regions: %.40s: %w", region, err))
		}
	}
	if c.Priced() && c.Regions[c.Default] == nil {
		errs = append(errs, fmt.Errorf("default: %.40q is not one of its regions", c.Default))
	}
	if len(errs) == 0 {
		c.place()
	}
	return errors.Join(errs...)
}

func (r *Region) settle() (err error) {
	if r == nil || len(r.PerGB) == 0 && len(r.Per10K) == 0 {
		return errors.New("has no prices; give per_gb")
	}
	for area := range strings.FieldsSeq(r.Areas) {
		if _, ok := areas[area]; !ok {
			return fmt.Errorf("areas: %.40q is not known; use %s", area, strings.Join(slices.Sorted(maps.Keys(areas)), ", "))
		}
	}
	if r.perGB, err = steps(r.PerGB, parseVolume); err != nil {
		return fmt.Errorf("per_gb: %w", err)
	}
	if r.perRequests, err = steps(r.Per10K, parseCount); err != nil {
		return fmt.Errorf("per_10000_requests: %w", err)
	}
	return nil
}

// maxPrice bounds a price, so that products fit.
const maxPrice = 1000 * One

// steps adds the tiers up. The last one's price holds for ever, whatever its size.
func steps(tiers []Tier, parse func(string) (int64, error)) ([]step, error) {
	made := make([]step, len(tiers))
	end := int64(0)
	for i, t := range tiers {
		size, err := parse(t.Next)
		if err != nil {
			return nil, err
		}
		last := i == len(tiers)-1
		if size == 0 && !last {
			return nil, errors.New("only the last tier may be without next")
		}
		if t.Price > maxPrice {
			return nil, fmt.Errorf("a price of %v is too much", t.Price)
		}
		if end = addVolume(end, size); !last {
			made[i].end = end
		}
		made[i].price = t.Price
	}
	return made, nil
}

var volumeUnits = map[string]int64{
	"GB": 1e9, "TB": 1e12, "PB": 1e15, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
}

// parseVolume reads "10TB" or "10TiB"; "" is 0.
func parseVolume(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number := strings.TrimRight(text, "GTPiB")
	unit, ok := volumeUnits[text[len(number):]]
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if !ok || err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%.40q is not a volume; use 10TB or 10TiB", text)
	}
	return n * unit, nil
}

func parseCount(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%.40q is not a number of requests; use one such as 10000", text)
	}
	return n, nil
}

// place works out the region of each country: that which names it, or its area's.
func (c *CDN) place() {
	c.byCountry = make(map[string]string)
	names := slices.Sorted(maps.Keys(c.Regions))
	for _, name := range names {
		for area := range strings.FieldsSeq(c.Regions[name].Areas) {
			for country := range strings.FieldsSeq(areas[area]) {
				c.byCountry[country] = name
			}
		}
	}
	for _, name := range names {
		for country := range strings.FieldsSeq(c.Regions[name].Countries) {
			c.byCountry[country] = name
		}
	}
}

// regionOf finds the region of a country.
func (c *CDN) regionOf(country string) (string, *Region) {
	name, ok := c.byCountry[country]
	if !ok {
		name = c.Default
	}
	return name, c.Regions[name]
}
