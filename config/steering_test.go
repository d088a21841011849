package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPathways(t *testing.T) {
	l, err := Load(write(t, `
steering:
  url: https://live.example.com/
  ttl: 10s
  pathways:
    edge-a: https://edge-a.example.com?weight=3
    edge-b: https://edge-b.example.com?countries=KR,JP
`), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	list := l.Steering.Pathways
	if len(list) != 2 || list[0].Name != "edge-a" || list[0].Weight != 3 || len(list[1].Countries) != 2 {
		t.Errorf("%+v", list)
	}
	if l.Steering.URL != "https://live.example.com/" || l.Steering.TTL != 10*time.Second || !l.CMCD.Enabled {
		t.Errorf("%+v %+v", l.Steering, l.CMCD)
	}
	entries := l.Entries()
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Key == "steering.pathways" })
	if i < 0 || entries[i].Value != "edge-a=https://edge-a.example.com?weight=3 edge-b=https://edge-b.example.com?countries=KR,JP" {
		t.Errorf("shown as %+v", entries)
	}
	env := []string{"LIGHTSTICK_STEERING_PATHWAYS=a=https://a.example.com?weight=2 b=https://b.example.com"}
	if l, err = Load("", env, nil); err != nil || len(l.Steering.Pathways) != 2 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestSteeringFaults(t *testing.T) {
	for want, set := range map[string]string{
		"steering.pathways: a: unknown option": "steering.pathways=a=https://a.example.com?w=3",
		"NAME=VALUE":                           "steering.pathways=https://a.example.com",
		"steering.url":                         "steering.url=live.example.com",
		"without a query":                      "steering.url=https://live.example.com?x=1",
		"steering.ttl":                         "steering.ttl=10ms",
		"steering.min_sessions":                "steering.min_sessions=0",
		"cmcd.rate":                            "cmcd.rate=-1",
	} {
		if _, err := Load("", nil, []string{set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", set, err, want)
		}
	}
}
