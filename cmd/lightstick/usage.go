package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// exitUsageCode is the exit code where the command line can't be understood.
const exitUsageCode = 2

// usageError reports a command line that can't be carried out as it stands.
func usageError(format string, a ...any) error {
	return &exitError{exitUsageCode, fmt.Errorf(format, a...)}
}

// optionError is a usage error of an error that other packages report with a prefix.
func optionError(prefix string, err error) error {
	return &exitError{exitUsageCode, errors.New(strings.ReplaceAll("\n"+err.Error(), "\n"+prefix+": ", "\n")[1:])}
}

// wantsHelp turns "help COMMAND" into "COMMAND --help".
func wantsHelp(args []string) []string {
	if len(args) > 0 && args[0] == "help" {
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// kongTexts are what kong says, and how we say it.
var kongTexts = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`^unknown flag (\S+?)(?:, did you mean (?:one of )?(.*)\?)?$`), "unknown option $1|; did you mean $2?"},
	{regexp.MustCompile(`^expected "(.*)"$`), "missing argument $1"},
	{regexp.MustCompile(`^missing flags: (\S+)$`), "missing option $1"},
	{regexp.MustCompile(`^missing flags: (.*)$`), "missing options $1"},
	{regexp.MustCompile(`^missing positional arguments (.*)$`), "missing arguments $1"},
	{regexp.MustCompile(`^(\S+): expected duration but got "(.*?)".*$`), `$1: "$2" is not a duration such as 250ms, 2s or 1m30s`},
	{regexp.MustCompile(`^(\S+): expected a valid \d+ bit u?int but got "(.*)"$`), `$1: "$2" is not a whole number`},
	{regexp.MustCompile(`^(\S+): expected an int but got "(.*)" \(.*\)$`), `$1: "$2" is not a whole number`},
	{regexp.MustCompile(`^(\S+): expected a float but got "(.*)" \(.*\)$`), `$1: "$2" is not a number`},
	{regexp.MustCompile(`^(\S+): expected .*value but got "EOL".*$`), "$1: missing value"},
	{regexp.MustCompile(`^(\S+): missing value, expecting .*$`), "$1: missing value"},
	{regexp.MustCompile(`^(\S+): expected .* but got "(-.*?)" \(.*$`), `$1: "$2" looks like an option; write $1=$2`},
	{regexp.MustCompile(`^(\S+): (?:stat|open) (.*)$`), "$1: $2"},
}

var (
	unexpected = regexp.MustCompile(`^unexpected argument (.*?)(?:, did you mean (?:one of )?(.*)\?)?$`)
	noneOf     = regexp.MustCompile(`^(.*) must be one of (.*) but got "(.*)"$`)
)

// explainUsage says what is wrong with a command line that kong refuses, and which help
// explains it.
func explainUsage(err error) error {
	refused := (*kong.ParseError)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	command := refused.Context.Model.Node
	if node := refused.Context.Selected(); node != nil {
		command = node
	}
	return usageError("%s\nFor help: lightstick %s", plainUsage(command, refused.Unwrap().Error()), strings.TrimSpace(strings.TrimPrefix(command.FullPath(), "lightstick")+" --help"))
}

// plainUsage is kong's text about a command in our words.
func plainUsage(command *kong.Node, text string) string {
	if match := unexpected.FindStringSubmatch(text); match != nil {
		what := "argument"
		if !command.Leaf() {
			what = "command"
		}
		return fmt.Sprintf("unknown %s %q", what, match[1]) + suggestion(match[2])
	}
	if match := noneOf.FindStringSubmatch(text); match != nil {
		values := slices.DeleteFunc(strings.Split(strings.ReplaceAll(match[2], `"`, ""), ","), func(v string) bool { return v == "" })
		return fmt.Sprintf("%s: %q is not one of %s", match[1], match[3], strings.Join(values, ", "))
	}
	if strings.HasPrefix(text, "expected ") && !command.Leaf() {
		var names []string
		for _, child := range command.Children {
			names = append(names, child.Name)
		}
		return "missing command: use one of " + strings.Join(names, ", ")
	}
	for _, known := range kongTexts {
		if match := known.pattern.FindStringSubmatch(text); match != nil {
			said, suggested, ok := strings.Cut(known.text, "|")
			said = known.pattern.ReplaceAllString(text, said)
			if ok && match[len(match)-1] != "" {
				said += known.pattern.ReplaceAllString(text, suggested)
			}
			return said
		}
	}
	return text
}

func suggestion(names string) string {
	if names == "" {
		return ""
	}
	return "; did you mean " + names + "?"
}

// helpOptions show commands in a line each.
var helpOptions = kong.HelpOptions{Compact: true, NoExpandSubcommands: true}

// describe is the help of an option or argument, with the default that a placeholder hides.
func describe(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Flag == nil || v.Default == "" || v.Flag.PlaceHolder == "" {
		return text
	}
	return strings.TrimSuffix(text, ".") + ". Default: " + v.Default + "."
}
