package config

import (
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/cdn/cost"
)

func TestCosts(t *testing.T) {
	l, err := Load(write(t, "cost:\n  origin_per_gb: 0.09\n  budget_per_hour: 50USD\n  webhook: https://example.com/hush\n  webhook_secret: hush-hush-hush-hush\n"),
		[]string{"LIGHTSTICK_COST_BUDGET_PER_MONTH=1000.5"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := cost.Budget{PerHour: 50 * cost.One, PerMonth: 1000*cost.One + cost.One/2}
	if c := l.Cost; c.OriginPerGB.Money != 90_000_000 || c.Budget() != want || c.Currency() != "USD" {
		t.Errorf("%+v", c)
	}
	for _, e := range l.Entries() {
		if strings.Contains(e.Value, "hush") {
			t.Errorf("%s shows a secret", e.Key)
		}
	}
}

func TestCostFaults(t *testing.T) {
	for set, want := range map[string]string{
		"cost.budget_per_hour=lots":               "50USD",
		"cost.budget_per_month=-5":                "50USD",
		"cost.origin_per_gb=1e-3":                 "cost.origin_per_gb",
		"cost.webhook=hush":                       "http://",
		"cost.webhook_secret=hush-hush-hush-hush": "cost.webhook",
		"cost.budget_per_hour=5EUR":               "one currency",
		"cost.budget_per_hour=USD":                "is not an amount",
		"cost.origin_per_gb=0.09, or so, hush":    "is not an amount",
	} {
		sets := []string{"cost.budget_per_month=1USD", set}
		if _, err := Load("", nil, sets); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", set, err, want)
		} else if strings.HasPrefix(set, "cost.webhook") && strings.Contains(err.Error(), "hush") {
			t.Errorf("%v shows a secret", err)
		}
	}
}
