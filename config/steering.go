package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/cdn/steering"
	"github.com/globalfandom/lightstick/internal/setting"
)

// Pathways are those of steering.pathways, by name.
func (c *Config) Pathways() ([]steering.Pathway, error) {
	list, err := steering.ParsePathways(c.Steering.Pathways)
	if err != nil {
		return nil, fmt.Errorf("steering.pathways: %w", err)
	}
	return list, nil
}

// SteeringURL is steering.url without a slash at its end.
func (c *Config) SteeringURL() string { return strings.TrimSuffix(c.Steering.URL, "/") }

func (c *Config) validateSteering() error {
	errs := []error{
		second(c.Pathways()),
		setting.CheckURL("steering.url", c.Steering.URL),
		setting.CheckRange("steering.ttl", c.Steering.TTL, time.Second, time.Hour),
	}
	if strings.ContainsAny(c.Steering.URL, "?#\"\n") {
		errs = append(errs, errors.New("steering.url: use a URL without a query"))
	}
	if c.Steering.MinSessions < 1 {
		errs = append(errs, fmt.Errorf("steering.min_sessions: %d; use 1 or more", c.Steering.MinSessions))
	}
	if c.CMCD.Rate < 0 {
		errs = append(errs, fmt.Errorf("cmcd.rate: %d; use 0 or more", c.CMCD.Rate))
	}
	return errors.Join(errs...)
}
