package check

// ruleID is a rule's place in the table of rules.
type ruleID int

// rule is what the table says of one rule.
type rule struct {
	id      string // stable, for scripts
	group   string
	section string
	advice  bool // recommended, not demanded: not met is a warning
	title   string
}

// The groups, in the order in which a report shows them.
const (
	groupPlaylist     = "Playlist"
	groupLowLatency   = "Low latency"
	groupReload       = "Blocking reload"
	groupDelta        = "Delta updates"
	groupMedia        = "Media"
	groupRenditions   = "Renditions"
	groupMultivariant = "Multivariant"
	groupHTTP         = "HTTP"
)

// rules is the table of rules. Those of rules.go enter themselves.
var rules []rule

// must enters a rule that the specification demands.
func must(id, group, section, title string) ruleID {
	return enterRule(rule{id: id, group: group, section: section, title: title})
}

// should enters a rule that is recommended.
func should(id, group, section, title string) ruleID {
	return enterRule(rule{id: id, group: group, section: section, title: title, advice: true})
}

func enterRule(r rule) ruleID {
	rules = append(rules, r)
	return ruleID(len(rules) - 1)
}
