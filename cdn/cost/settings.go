package cost

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are cost.* of the configuration.
type Settings struct {
	Prices      string `key:"cost.prices" default:"" help:"File with the CDNs' prices (YAML). Empty: the list prices that come with the program."`
	OriginPerGB Amount `key:"cost.origin_per_gb" default:"0" help:"Price of a gigabyte (1e9 bytes) that this server sends itself, such as 0.09."`
	// Reports counts what players report.
	Reports        bool           `key:"cost.reports" default:"true" help:"Whether players' reports (CMCD), which anybody can forge, count in the bill and in budgets: true or false."`
	BudgetPerHour  Amount         `key:"cost.budget_per_hour" default:"" help:"Budget for an hour of delivery, such as 50USD; 80 and 100 % of it raise an alert. Empty: no budget."`
	BudgetPerMonth Amount         `key:"cost.budget_per_month" default:"" help:"Budget for a month (UTC) of delivery, such as 1000USD; 80 and 100 % of it raise an alert. Empty: no budget."`
	Webhook        setting.Secret `key:"cost.webhook" default:"" help:"URL that alerts are posted to as JSON. Empty: they are only logged."`
	WebhookSecret  setting.Secret `key:"cost.webhook_secret" default:"" help:"Secret that signs the posts to cost.webhook, 16 to 256 characters; the signature is in the header X-Lightstick-Signature. Empty: they are not signed."`
}

// Validate reports every fault at once.
func (s *Settings) Validate() error {
	errs := []error{setting.CheckURL("cost.webhook", string(s.Webhook)), setting.CheckSecret("cost.webhook_secret", s.WebhookSecret)}
	if s.WebhookSecret != "" && s.Webhook == "" {
		errs = append(errs, errors.New("cost.webhook_secret: signs nothing without cost.webhook; set both or neither"))
	}
	currency := ""
	for _, amount := range []struct {
		key string
		Amount
	}{{"cost.origin_per_gb", s.OriginPerGB}, {"cost.budget_per_hour", s.BudgetPerHour}, {"cost.budget_per_month", s.BudgetPerMonth}} {
		if amount.Currency != "" && currency != "" && amount.Currency != currency {
			errs = append(errs, fmt.Errorf("%s: is in %s, another amount in %s; use one currency", amount.key, amount.Currency, currency))
		}
		currency = cmp.Or(currency, amount.Currency)
	}
	return errors.Join(errs...)
}

// Budget is what delivery may cost.
func (s *Settings) Budget() Budget {
	return Budget{PerHour: s.BudgetPerHour.Money, PerMonth: s.BudgetPerMonth.Money}
}

// Currency is that of the amounts; "": none says.
func (s *Settings) Currency() string {
	return cmp.Or(s.OriginPerGB.Currency, s.BudgetPerHour.Currency, s.BudgetPerMonth.Currency)
}

// Amount is an amount of the configuration, maybe with its currency.
type Amount struct {
	Money    Money
	Currency string // "": that of the prices
}

// UnmarshalText implements encoding.TextUnmarshaler. Empty is no amount: zero.
func (a *Amount) UnmarshalText(text []byte) (err error) {
	*a = Amount{}
	if len(text) == 0 {
		return nil
	}
	number := strings.TrimRight(string(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if a.Money, err = ParseMoney(number, ""); err != nil {
		return fmt.Errorf("%.40q is not an amount; use a number such as 50 or 50USD", text)
	}
	a.Currency = string(text[len(number):])
	return nil
}
