package deploy

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

var (
	requirement = regexp.MustCompile(`(?m)^(?:require\s+|\t)(\S+\.\S+/\S+) v\S+$`) // without "// indirect"
	majorSuffix = regexp.MustCompile(`/v[0-9]+$`)
)

// docs/dependencies.md gives a reason for each direct dependency, and lists none that is
// gone.
func TestDependenciesAreExplained(t *testing.T) {
	document := deploytest.Read(t, "docs/dependencies.md")
	for _, tt := range []struct {
		section string
		want    []string
	}{
		{"Go modules", directModules(deploytest.Read(t, "go.mod"))},
		{"npm packages", npmPackages(t, "web/package.json", "test/e2e/package.json")},
	} {
		listed := listedDependencies(document, tt.section)
		for _, name := range tt.want {
			if !slices.Contains(listed, name) {
				t.Errorf("%s: %s has no line in docs/dependencies.md", tt.section, name)
			}
		}
		for _, name := range listed {
			if !slices.Contains(tt.want, name) {
				t.Errorf("%s: docs/dependencies.md lists %s, which is not a direct dependency", tt.section, name)
			}
		}
	}
}

// directModules returns the module paths as the document writes them: without
// "github.com/" and the major version.
func directModules(gomod string) []string {
	var names []string
	for _, m := range requirement.FindAllStringSubmatch(gomod, -1) {
		names = append(names, majorSuffix.ReplaceAllString(strings.TrimPrefix(m[1], "github.com/"), ""))
	}
	return names
}

func npmPackages(t *testing.T, files ...string) []string {
	t.Helper()
	names := map[string]bool{}
	for _, file := range files {
		var manifest struct {
			Dependencies, DevDependencies map[string]string
		}
		if err := json.Unmarshal([]byte(deploytest.Read(t, file)), &manifest); err != nil {
			t.Fatal(err)
		}
		for name := range manifest.Dependencies {
			names[name] = true
		}
		for name := range manifest.DevDependencies {
			names[name] = true
		}
	}
	return slices.Collect(maps.Keys(names))
}

// listedDependencies returns the names in the first column of a section's table.
func listedDependencies(document, section string) []string {
	_, rest, _ := strings.Cut(document, "\n## "+section+"\n")
	table, _, _ := strings.Cut(rest, "\n## ")
	var names []string
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		if rows++; rows == 1 { // the header
			continue
		}
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		names = append(names, strings.Split(cell, ", ")...)
	}
	return names
}
