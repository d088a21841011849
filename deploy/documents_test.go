package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

var (
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInSlugs = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	codeBlock  = regexp.MustCompile("(?s)```.*?```")
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	ourPath    = regexp.MustCompile(`^(cdn|chat|cmd|config|control|deploy|docs|httpserver|ingest|internal|live|media|origin|packager|scripts|storage|test|tools|transcode|web)(/[A-Za-z0-9_.-]+)+$`)
	object     = regexp.MustCompile(`\.(json|m3u8|m4s|mp4|jpg)$|^live/KEY$`) // part of an address
)

// Each relative link of a document leads to a file, and to a heading if it names one.
func TestDocumentsLinkToWhatExists(t *testing.T) {
	root := deploytest.Root(t)
	for _, name := range documents(t, root) {
		text := codeBlock.ReplaceAllString(deploytest.Read(t, name), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") { // an address elsewhere
				continue
			}
			file := name
			if target != "" {
				file = filepath.Join(filepath.Dir(name), target)
			}
			content, err := os.ReadFile(filepath.Join(root, file))
			if info, statErr := os.Stat(filepath.Join(root, file)); statErr == nil && info.IsDir() {
				continue
			}
			switch {
			case err != nil:
				t.Errorf("%s links to %s: %v", name, m[1], err)
			case anchor != "" && !hasHeading(string(content), anchor):
				t.Errorf("%s links to %s: no such heading", name, m[1])
			}
		}
	}
}

// docs/adr/README.md lists each decision by its title.
func TestDecisionsAreListed(t *testing.T) {
	index := deploytest.Read(t, "docs/adr/README.md")
	files, err := filepath.Glob(filepath.Join(deploytest.Root(t), "docs/adr/0*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d decisions, %v", len(files), err)
	}
	for _, file := range files {
		base := filepath.Base(file)
		number, title, ok := strings.Cut(strings.TrimPrefix(heading.FindString(deploytest.Read(t, "docs/adr/"+base)), "# "), ". ")
		if !ok {
			t.Errorf("%s: no title of the form \"# NUMBER. TITLE\"", base)
		}
		if line := fmt.Sprintf("| %s | [%s](%s) |", number, title, base); !strings.Contains(index, line) {
			t.Errorf("docs/adr/README.md lacks %s", line)
		}
	}
}

func documents(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
	}
	return names
}

// hasHeading reports whether a document has a heading with an anchor, as GitHub makes
// anchors.
func hasHeading(text, anchor string) bool {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		slug := notInSlugs.ReplaceAllString(strings.ToLower(m[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}

// A path of ours that a document names in code exists. Decisions are not rewritten, so theirs
// may name what is gone.
func TestDocumentsNamePathsThatExist(t *testing.T) {
	root := deploytest.Root(t)
	for _, name := range documents(t, root) {
		if strings.HasPrefix(name, "docs/adr/0") || name == "CHANGELOG.md" {
			continue
		}
		text := codeBlock.ReplaceAllString(deploytest.Read(t, name), "")
		for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
			if !ourPath.MatchString(m[1]) || object.MatchString(m[1]) {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s: %v", name, m[1], err)
			}
		}
	}
}
