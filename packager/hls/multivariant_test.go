package hls

import (
	"strings"
	"testing"
)

func TestContentSteering(t *testing.T) {
	m := Multivariant{Variants: []Variant{{Format: Format{URI: "a.m3u8", Bandwidth: 1}}}}
	if text := string(m.Append(nil)); strings.Contains(text, "STEERING") {
		t.Errorf("without a server:\n%s", text)
	}
	m.SteeringURI = "steering.json"
	want := "#EXT-X-CONTENT-STEERING:SERVER-URI=\"steering.json\",PATHWAY-ID=\".\"\n"
	if text := string(m.Append(nil)); strings.Count(text, want) != 1 {
		t.Errorf("no %s in\n%s", want, text)
	}
}
