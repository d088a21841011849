package setting

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// sample has a field of every type.
type sample struct {
	Text     string            `key:"a.text" default:"x" help:"Text."`
	Word     word              `key:"a.word" default:"off" words:"off on" help:"Word."`
	Muxed    bool              `key:"a.muxed" default:"apart" words:"apart muxed" help:"Two words."`
	On       bool              `key:"a.on" default:"true" help:"Bool."`
	Count    int               `key:"a.count" default:"7" help:"Number."`
	Share    float64           `key:"a.share" default:"2.5" help:"Number."`
	Wait     time.Duration     `key:"a.wait" default:"60s" help:"Duration."`
	Size     Size              `key:"a.size" default:"2048MiB" help:"Size."`
	Key      Secret            `key:"a.key" help:"Secret."`
	Names    []string          `key:"a.names" list:" " help:"List."`
	Keys     []Secret          `key:"a.keys" list:" " help:"List of secrets."`
	Pictures map[string]string `key:"a.pictures" help:"Map."`
	Cameras  map[string]Secret `key:"a.cameras" help:"Map of secrets."`
	Rungs    rungs             `key:"a.rungs" list:"," default:"auto" help:"A type of its own."`
	Inner    struct {
		Doors doors `key:"a.doors" secret:"true" help:"A map of its own."`
	}
	Other int
}

type word string

type rungs struct{ names []string }

func (r *rungs) UnmarshalText(text []byte) error {
	if r.names = strings.Split(string(text), ","); r.names[0] == "bad" {
		return errors.New("no rung")
	}
	return nil
}

type doors struct{ open map[string]string }

func (d *doors) UnmarshalMap(values map[string]string) error {
	d.open = values
	return nil
}

func (s *sample) Validate() error {
	if s.Count < 0 {
		return errors.New("a.count: negative")
	}
	return nil
}

func byKey(s *sample) map[string]*Field {
	fields := make(map[string]*Field)
	for _, f := range Fields(s) {
		fields[f.Key] = f
	}
	return fields
}

func TestFields(t *testing.T) {
	text := func(s string) Value { return Value{Text: s} }
	items := func(s ...string) Value { return Value{Items: s} }
	for _, tt := range []struct {
		key   string
		value Value
		want  string // of the field, as %v shows it
		shown string
		fault string
	}{
		{"a.text", text("0x1F"), "0x1F", "0x1F", ""},
		{"a.text", items("a"), "", "", "a list; use one value"},
		{"a.word", text("on"), "on", "on", ""},
		{"a.word", text("On"), "", "", `"On" is not allowed; use off or on`},
		{"a.muxed", text("muxed"), "true", "muxed", ""},
		{"a.muxed", text("apart"), "false", "apart", ""},
		{"a.muxed", text("true"), "", "", `"true" is not allowed; use apart or muxed`},
		{"a.on", text("0"), "false", "false", ""},
		{"a.on", text("maybe"), "", "", `"maybe" is not true or false`},
		{"a.count", text("010"), "10", "10", ""},
		{"a.count", text("1e3"), "", "", `"1e3" is not a whole number`},
		{"a.share", text("2.50"), "2.5", "2.5", ""},
		{"a.share", text("x"), "", "", `"x" is not a number`},
		{"a.wait", text("90s"), "1m30s", "1m30s", ""},
		{"a.wait", text("90"), "", "", `"90" is not a duration such as 250ms, 2s or 1m30s`},
		{"a.size", text("1000MB"), "1GB", "1GB", ""},
		{"a.size", text("big"), "", "", `"big" is not a size such as 500MB, 10GB, 2GiB or a number of bytes`},
		{"a.key", text("hush"), "********", "********", ""},
		{"a.names", text(" a  b "), "[a b]", " a  b ", ""},
		{"a.names", items("a", "b"), "[a b]", "a b", ""},
		{"a.names", items("a b"), "", "", `an item of the list is empty, or has a space or " " in it`},
		{"a.keys", items("hush", "hush2"), "[******** ********]", "********", ""},
		{"a.pictures", text("b=2 a=1=1"), "map[a:1=1 b:2]", "a=1=1 b=2", ""},
		{"a.pictures", items("b=2", "a=1"), "map[a:1 b:2]", "a=1 b=2", ""},
		{"a.pictures", text("a"), "", "", `"a" is not a list of NAME=VALUE pairs, separated by spaces`},
		{"a.cameras", text("b=hush a=hush"), "map[a:******** b:********]", "a=******** b=********", ""},
		{"a.cameras", text("rtsp://hush@h?a=b"), "", "", "the value is not a list of NAME=VALUE pairs, separated by spaces"},
		{"a.rungs", items("a", "b"), "{[a b]}", "a,b", ""},
		{"a.rungs", items("a,b"), "", "", `an item of the list is empty, or has a space or "," in it`},
		{"a.rungs", text("bad"), "", "", "no rung"},
		{"a.doors", text("front=hush"), "{map[front:hush]}", "front=********", ""},
		{"a.doors", text("hush"), "", "", "the value is not a list of NAME=VALUE pairs, separated by spaces"},
	} {
		f := byKey(new(sample))[tt.key]
		if err := f.Set(tt.value); tt.fault != "" || err != nil {
			if err == nil || err.Error() != tt.fault {
				t.Errorf("%s of %v: %v, want %q", tt.key, tt.value, err, tt.fault)
			}
			continue
		}
		if got := fmt.Sprint(f.value.Interface()); got != tt.want || f.String() != tt.shown {
			t.Errorf("%s of %v is %s, shown as %q; want %s, %q", tt.key, tt.value, got, f, tt.want, tt.shown)
		}
	}
}

func TestGroups(t *testing.T) {
	var s struct {
		Before struct {
			Text string `key:"b.text" help:"Text."`
		}
		First  sample
		second sample
	}
	s.First.Count = -1
	fields := Fields(&s)
	if len(fields) != 16 || fields[0].Key != "b.text" || fields[15].Key != "a.doors" {
		t.Fatalf("%d fields, want that before, the sample's and that of the struct in it", len(fields))
	}
	if g := fields[15].Group; g != fields[1].Group || g.Validate() == nil || fields[0].Group.Validate != nil {
		t.Errorf("%v %v", fields[0].Group, g)
	}
	_ = s.second
}

func TestDefault(t *testing.T) {
	s := Default[sample]()
	if s.Text != "x" || s.Muxed || !s.On || s.Wait != time.Minute || s.Size != 2<<30 || s.Rungs.names[0] != "auto" {
		t.Errorf("%+v", s)
	}
	s = sample{Count: 3}
	if FillDefaults(&s); s.Count != 3 || s.Share != 2.5 {
		t.Errorf("%+v", s)
	}
}

func TestEqual(t *testing.T) {
	a, b := byKey(new(sample)), byKey(new(sample))
	for _, tt := range []struct {
		key, one, other string
		equal           bool
	}{
		{"a.wait", "60s", "1m", true}, {"a.wait", "60s", "2m", false}, {"a.pictures", "a=1 b=2", "b=2 a=1", true},
		{"a.names", "a  b", "a b", true}, {"a.doors", "a=1", "a=2", false},
	} {
		if err := errors.Join(a[tt.key].Set(Value{Text: tt.one}), b[tt.key].Set(Value{Text: tt.other})); err != nil {
			t.Fatal(err)
		}
		if a[tt.key].Equal(b[tt.key]) != tt.equal {
			t.Errorf("%s: %q and %q: equal is %v", tt.key, tt.one, tt.other, !tt.equal)
		}
	}
}

func TestChecks(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{CheckRange("k", 2*time.Hour, 0, time.Hour), "k: 2h is out of range; use 0s to 1h"},
		{CheckRange("k", 90*time.Minute, 0, 61*time.Second), "k: 1h30m is out of range; use 0s to 1m1s"},
		{CheckRange("k", 10*time.Millisecond, 20*time.Millisecond, 20*time.Minute), "k: 10ms is out of range; use 20ms to 20m"},
		{CheckAddress("k", "h"), `k: "h" is not an address; use HOST:PORT or :PORT`},
		{CheckURL("k", "hush"), "k: not a URL that begins with http:// or https://"},
		{CheckNotNegative("k", -1), "k: -1 is negative; use 0 or more"},
		{errors.Join(CheckRange("k", 1, 0, 1), CheckAddress("k", ""), CheckAddress("k", "[::1]:0"), CheckURL("k", ""), CheckURL("k", "https://h"), CheckNotNegative("k", 0), CheckSecret("k", "")), ""},
	} {
		if got := fmt.Sprint(tt.err); got != tt.want && (tt.want != "" || tt.err != nil) {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
