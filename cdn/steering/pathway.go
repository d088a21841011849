package steering

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Pathway is a CDN that viewers can be sent to.
type Pathway struct {
	// Name is its PATHWAY-ID, and what CMCD and metrics call it.
	Name string
	// URL is where viewers find it: scheme, host, and nothing else. The port must be
	// the one that playlists come by, for a clone differs in the host alone.
	URL *url.URL
	// Weight is its share of viewers among all weights; 0: only when the others fail.
	Weight float64
	// Countries, if any, are where it is used, two upper-case letters each; elsewhere
	// it comes after the others.
	Countries []string
}

// Base is the pathway of the playlist itself: the host that it was fetched from.
const Base = "."

// maxPathways keeps answers small. Two or three are usual.
const maxPathways = 16

// reserved are what metrics call viewers without a pathway.
var reserved = []string{"base", "none", "other"}

// maxWeight bounds weights, which are shares.
const maxWeight = 1000

const pathwayForm = "https://edge.example.com?weight=3&countries=KR,JP"

var (
	nameForm    = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
)

// ParsePathway reads a pathway in the form of pathwayForm.
func ParsePathway(name, text string) (Pathway, error) {
	p := Pathway{Name: name, Weight: 1}
	fail := func(format string, a ...any) (Pathway, error) {
		return p, fmt.Errorf("%s: "+format, append([]any{name}, a...)...)
	}
	if !nameForm.MatchString(name) || slices.Contains(reserved, name) {
		return fail("not a name for a pathway; use 1 to 32 of a-z, 0-9 and '-', but none of %s", strings.Join(reserved, ", "))
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return fail("not a URL such as %s", pathwayForm)
	}
	if strings.Trim(u.Path, "/") != "" {
		return fail("has the path %q, but players change the host alone; let the CDN map paths", u.Path)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fail("what follows the question mark can't be read; use %s", pathwayForm)
	}
	for option, values := range query {
		if len(values) != 1 {
			return fail("option %s is there more than once; use it once", option)
		}
		switch option {
		case "weight":
			if p.Weight, err = strconv.ParseFloat(values[0], 64); err != nil || !(p.Weight >= 0 && p.Weight <= maxWeight) {
				return fail("weight %q is not allowed; use a number from 0 to %d", values[0], maxWeight)
			}
		case "countries":
			p.Countries = strings.Split(strings.ToUpper(values[0]), ",")
			if i := slices.IndexFunc(p.Countries, func(c string) bool { return !countryForm.MatchString(c) }); i >= 0 {
				return fail("country %q is not a code; use two letters each, such as KR,JP", p.Countries[i])
			}
		default:
			return fail("unknown option %q; use weight and countries", option)
		}
	}
	p.URL = &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	return p, nil
}

// ParsePathways reads pathways by name, in the order of their names. The error
// reports every fault.
func ParsePathways(texts map[string]string) ([]Pathway, error) {
	var list []Pathway
	var errs []error
	hosts := make(map[string]string)
	for name, text := range texts {
		p, err := ParsePathway(name, text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other, taken := hosts[p.URL.Host]; taken {
			errs = append(errs, fmt.Errorf("%s: is the same host as %s", max(name, other), min(name, other)))
		}
		hosts[p.URL.Host] = name
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Pathway) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range list {
		if p.URL.Scheme != list[0].URL.Scheme || p.URL.Port() != list[0].URL.Port() {
			errs = append(errs, fmt.Errorf("%s: scheme or port differ from those of %s; players change the host alone", p.Name, list[0].Name))
		}
	}
	if len(texts) > maxPathways {
		errs = append(errs, fmt.Errorf("%d pathways; use at most %d", len(texts), maxPathways))
	}
	if len(list) > 0 && !slices.ContainsFunc(list, func(p Pathway) bool { return p.Weight > 0 }) {
		errs = append(errs, errors.New("every weight is 0; give one pathway some"))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return list, errors.Join(errs...)
}
