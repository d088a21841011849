package config

import (
	"strings"
	"testing"
)

func TestPurgeTargets(t *testing.T) {
	l, err := Load(write(t, "purge:\n  targets:\n    fastly: fastly://hush@SVC?soft=true\n    edge-a: varnish://hush@127.0.0.1:80\n"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	targets := l.Purge.Targets
	if len(targets) != 2 || targets[0].Name != "edge-a" || targets[1].TagHeader != "Surrogate-Key" {
		t.Errorf("%+v", targets)
	}
	for _, e := range l.Entries() {
		if strings.Contains(e.Value, "hush") {
			t.Errorf("%s shows a secret", e.Key)
		}
	}
	for set, want := range map[string]string{
		"purge.targets=a=ftp://hush@x": "cloudfront://", "purge.targets=A=fastly://hush@x": "a-z", "purge.targets=fastly://hush@x": "NAME",
	} {
		if _, err := Load("", nil, []string{set}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v does not say %q", set, err, want)
		}
	}
}
