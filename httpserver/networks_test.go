package httpserver

import (
	"fmt"
	"testing"
)

func TestNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "[]",
		" 203.0.113.9/24\t2001:db8::1 ": "[203.0.113.0/24 2001:db8::1/128]",
		"198.51.100.7 loopback":         "[198.51.100.7/32 127.0.0.0/8 ::1/128]",
		"private":                       "[10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7]",
		"::ffff:10.0.0.0/104":           "[10.0.0.0/8]",
	} {
		var got Networks
		if err := got.UnmarshalText([]byte(text)); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: %v %v, want %s", text, got, err, want)
		}
	}
}
