package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

var instruction = regexp.MustCompile(`(?m)^([A-Z]+) (.+)$`)

func TestDockerfile(t *testing.T) {
	root := deploytest.Root(t)
	text := deploytest.Read(t, "Dockerfile")
	last := map[string]string{} // arguments of the last instruction of a kind
	stages := 0
	for _, m := range instruction.FindAllStringSubmatch(text, -1) {
		last[m[1]] = m[2]
		switch fields := strings.Fields(m[2]); m[1] {
		case "FROM":
			stages++
			if !regexp.MustCompile(`:\d+\.\d+(\.\d+)?(-[a-z-]+)?$`).MatchString(fields[0]) {
				t.Errorf("FROM %s: not one release", fields[0])
			}
		case "COPY":
			if strings.HasPrefix(m[2], "--from") {
				continue
			}
			for _, source := range fields[:len(fields)-1] {
				if _, err := os.Stat(filepath.Join(root, source)); err != nil {
					t.Errorf("COPY: %v", err)
				}
			}
		}
	}
	if stages < 3 {
		t.Errorf("%d stages", stages)
	}
	if isRoot(last["USER"]) {
		t.Errorf("the image runs as %q", last["USER"])
	}
	if last["USER"] != project(t).Services["lightstick"].User {
		t.Error("image and docker-compose.yml disagree about the user, who owns /data")
	}
	if !strings.HasSuffix(last["HEALTHCHECK"], `CMD ["lightstick", "health"]`) {
		t.Errorf("HEALTHCHECK %s", last["HEALTHCHECK"])
	}
	var exposed []string
	for _, port := range strings.Fields(last["EXPOSE"]) {
		number, protocol, ok := strings.Cut(port, "/")
		if !ok {
			protocol = "tcp"
		}
		for p := range strings.SplitSeq(number, "-") { // ranges are of two
			exposed = append(exposed, p+"/"+protocol)
		}
	}
	want := slices.Sorted(slices.Values(ours(t)))
	slices.Sort(exposed)
	if !slices.Equal(exposed, want) {
		t.Errorf("exposed are %v; the server opens %v", exposed, want)
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(deploytest.Read(t, "go.mod"))[1]
	if !strings.Contains(text, "FROM golang:"+goVersion+".") {
		t.Errorf("go.mod wants Go %s", goVersion)
	}
}

type dashboard struct {
	UID        string
	Panels     []panel
	Templating struct {
		List []struct{ Name string }
	}
}

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               struct{ UID string }
	GridPos                  struct{ H, W, X, Y int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct{ Expr, RefID string }
}

func TestDashboard(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal([]byte(deploytest.Read(t, "deploy/grafana/dashboards/lightstick.json")), &d); err != nil {
		t.Fatal(err)
	}
	sources := deploytest.Read(t, "deploy/grafana/provisioning/datasources/lightstick.yml")
	ids, places := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s: id %d is taken", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := places[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies on %q, or leaves the page", p.Title, other)
				}
				places[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
			t.Errorf("%d %s: lacks title, description, unit or query", p.ID, p.Title)
		}
		if !strings.Contains(sources, "uid: "+p.Datasource.UID+"\n") {
			t.Errorf("%s: the data source %q is not provisioned", p.Title, p.Datasource.UID)
		}
	}
	if len(d.Templating.List) != 1 || d.Templating.List[0].Name != "stream" {
		t.Errorf("variables: %v", d.Templating.List)
	}
}
