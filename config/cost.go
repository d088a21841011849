package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/internal/setting"
)

// Costs is what the configuration says of money.
type Costs struct {
	OriginPerGB cost.Money
	Budget      cost.Budget
	// Currency is what the amounts were given in; "" leaves it to the price table.
	Currency string
}

// Costs reads the amounts. The error reports every fault.
func (c *Config) Costs() (Costs, error) {
	var costs Costs
	var errs []error
	for _, amount := range []struct {
		key, text string
		value     *cost.Money
	}{
		{"cost.origin_per_gb", c.Cost.OriginPerGB, &costs.OriginPerGB},
		{"cost.budget_per_hour", c.Cost.BudgetPerHour, &costs.Budget.PerHour},
		{"cost.budget_per_month", c.Cost.BudgetPerMonth, &costs.Budget.PerMonth},
	} {
		if amount.text == "" {
			continue
		}
		number := strings.TrimRight(amount.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		currency := amount.text[len(number):]
		value, err := cost.ParseMoney(number, "")
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %q is no amount; use a number such as 50, or 50USD", amount.key, amount.text))
		case currency != "" && costs.Currency != "" && currency != costs.Currency:
			errs = append(errs, fmt.Errorf("%s: is in %s, another key in %s; use one currency", amount.key, currency, costs.Currency))
		case currency != "":
			costs.Currency = currency
		}
		*amount.value = value
	}
	errs = append(errs, setting.CheckURL("cost.webhook", string(c.Cost.Webhook)))
	if c.Cost.WebhookSecret != "" && c.Cost.Webhook == "" {
		errs = append(errs, errors.New("cost.webhook_secret: signs nothing without cost.webhook"))
	}
	return costs, errors.Join(errs...)
}
