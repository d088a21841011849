package cost

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in billionths of the currency's unit: 1 USD is 1e9.
type Money int64

// One is one unit of the currency.
const One Money = 1e9

// maxMoney is more than anybody's bill, 9.2 billion; sums stop there.
const maxMoney Money = math.MaxInt64

// errMoney reports a text that is no amount.
var errMoney = errors.New("is no amount of money; use a number such as 50 or 0.085, of at most nine decimals")

// ParseMoney reads an amount that is not negative, exactly. "50USD" and "50 USD" are
// 50, if that is the currency.
func ParseMoney(text, currency string) (Money, error) {
	number := strings.TrimSpace(text)
	if currency != "" {
		number = strings.TrimSpace(strings.TrimSuffix(number, currency))
	}
	whole, fraction, _ := strings.Cut(number, ".")
	if len(fraction) > 9 || (whole == "" && fraction == "") || !digits(whole) || !digits(fraction) {
		return 0, fmt.Errorf("%.40q %w", text, errMoney)
	}
	n, err := strconv.ParseInt("0"+whole, 10, 64)
	if err != nil || n > int64(maxMoney/One)-1 {
		return 0, fmt.Errorf("%.40q %w", text, errMoney)
	}
	rest, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64) // digits only
	return Money(n)*One + Money(rest), nil
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// UnmarshalYAML reads the digits as they are written.
func (m *Money) UnmarshalYAML(text []byte) (err error) {
	*m, err = ParseMoney(strings.Trim(string(text), "\"' \n"), "")
	return err
}

// Float is the amount in units, for showing it.
func (m Money) Float() float64 { return float64(m) / float64(One) }

// String is the amount in units with all its decimals, two at least.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	fraction := strings.TrimRight(fmt.Sprintf("%09d", int64(m%One)), "0")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return fmt.Sprintf("%s%d.%s", sign, m/One, fraction)
}

// plus adds without running over.
func (m Money) plus(n Money) Money {
	if n > maxMoney-m {
		return maxMoney
	}
	return m + n
}

// times is the amount times a/b, rounded to nearest.
func (m Money) times(a, b float64) Money {
	if b == 0 {
		return 0
	}
	v := math.Round(float64(m) * a / b)
	if v >= float64(maxMoney) {
		return maxMoney
	}
	return Money(v)
}
