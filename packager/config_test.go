package packager

import (
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	given := Config{SegmentDuration: time.Second, PartDuration: 100 * time.Millisecond, PartHoldBack: 2, Window: time.Minute, DVR: time.Hour}
	if got := given.WithDefaults(); got != given {
		t.Errorf("%+v became %+v", given, got)
	}
	if err := (Config{}).WithDefaults().Validate(); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		change func(*Config)
		want   string // "": it is within the limits
	}{
		{func(c *Config) { c.SegmentDuration = 500*time.Millisecond - 1 }, "hls.segment_duration"},
		{func(c *Config) { c.SegmentDuration = 500 * time.Millisecond }, ""},
		{func(c *Config) { c.SegmentDuration = 10*time.Second + 1 }, "hls.segment_duration"},
		{func(c *Config) { c.PartDuration = 50*time.Millisecond - 1 }, "hls.part_duration"},
		{func(c *Config) { c.PartDuration = 50 * time.Millisecond }, ""},
		{func(c *Config) { c.PartDuration = 2 * time.Second }, ""},
		{func(c *Config) { c.PartDuration = 2*time.Second + 1 }, "hls.part_duration"},
		{func(c *Config) { c.SegmentDuration, c.PartDuration = time.Second, time.Second+1 }, "hls.part_duration"},
		{func(c *Config) { c.Window = 6*time.Second - 1 }, "hls.window"},
		{func(c *Config) { c.Window = 6 * time.Second }, ""},
		{func(c *Config) { c.Window = 10*time.Minute + 1 }, "hls.window"},
		{func(c *Config) { c.DVR = -1 }, "hls.dvr"},
		{func(c *Config) { c.DVR = 48 * time.Hour }, ""},
		{func(c *Config) { c.DVR = 48*time.Hour + 1 }, "hls.dvr"},
		{func(c *Config) { c.PartHoldBack = 1.9 }, "hls.part_hold_back"},
		{func(c *Config) { c.PartHoldBack = 2 }, ""},
		{func(c *Config) { c.PartHoldBack = 10.1 }, "hls.part_hold_back"},
	} {
		c := Config{}.WithDefaults()
		tt.change(&c)
		if err := c.Validate(); (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want+": ") {
			t.Errorf("%+v: %v, want one of %q", c, err, tt.want)
		}
	}
	all := Config{SegmentDuration: -1, PartDuration: -1, PartHoldBack: -1, Window: time.Hour, DVR: -1}
	if err := all.Validate(); err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("not every fault is told: %v", err)
	}
}
