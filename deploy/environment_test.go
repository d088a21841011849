package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/deploy/deploytest"
)

// configuration is what our service gets by its environment. config.Load refuses
// names that it does not know.
func configuration(t *testing.T) *config.Config {
	t.Helper()
	loaded, err := config.Load("", deploytest.Environment(project(t).Services["lightstick"]), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &loaded.Config
}

func TestEnvironmentIsUnderstood(t *testing.T) {
	cfg := configuration(t)
	if buckets := cfg.Storage.Buckets(); len(buckets) != 1 {
		t.Errorf("storage: %v", buckets)
	}
	// Others that get our variables know them by the same names.
	for name, s := range project(t).Services {
		var ours []string
		for _, entry := range deploytest.Environment(s) {
			if strings.HasPrefix(entry, "LIGHTSTICK_") {
				ours = append(ours, entry)
			}
		}
		if _, err := config.Load("", ours, nil); err != nil && name != "lightstick" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var variable = regexp.MustCompile(`\$\{([A-Z0-9_]+)(:\?|:-)?`)

// Without .env Compose says what to do; with it nothing is missing, and nothing in
// it is for nobody.
func TestVariables(t *testing.T) {
	if _, err := deploytest.Try(t, ""); err == nil || !strings.Contains(err.Error(), "scripts/compose-env.sh") {
		t.Errorf("without .env: %v", err)
	}
	written := deploytest.Variables(t, deploytest.EnvFile(t))
	delete(written, "COMPOSE_PROFILES") // Compose's own
	used := map[string]bool{}
	for _, match := range variable.FindAllStringSubmatch(deploytest.Read(t, "docker-compose.yml"), -1) {
		name, operator := match[1], match[2]
		used[name] = true
		_, is := written[name]
		if is != (operator == ":?") || operator == "" {
			t.Errorf("${%s%s…}: written by compose-env.sh: %v; use :? for what it writes, else :-", name, operator, is)
		}
	}
	for name := range written {
		if !used[name] {
			t.Errorf("nobody uses %s, which compose-env.sh writes", name)
		}
	}
}

var secretName = regexp.MustCompile(`(?i)pass|secret|token|auth$|access_key|redis_url`)

// No password has a default, and none can be read in a list of processes.
func TestSecretsComeFromOutside(t *testing.T) {
	var raw struct {
		Services map[string]struct {
			Environment map[string]string
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(deploytest.Read(t, "docker-compose.yml")), &raw, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatal(err)
	}
	found := 0
	for name, s := range raw.Services {
		for key, value := range s.Environment {
			if secretName.MatchString(key) {
				found++
				if !strings.Contains(value, ":?run scripts/compose-env.sh}") {
					t.Errorf("%s: %s=%s does not come from .env", name, key, value)
				}
			}
		}
	}
	if found < 6 {
		t.Errorf("%d secrets found", found)
	}
	for name, s := range project(t).Services {
		arguments := strings.Join(slices.Concat([]string(s.Entrypoint), s.Command, healthCheck(s)), " ")
		for key, value := range loaded.secrets {
			if len(value) > 16 && strings.Contains(arguments, value) {
				t.Errorf("%s: %s stands in its arguments", name, key)
			}
		}
	}
}

func TestEnvScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("REDIS_PASSWORD=kept\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	deploytest.MakeEnv(t, file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	first, other := deploytest.Variables(t, file), deploytest.Variables(t, deploytest.EnvFile(t))
	if first["REDIS_PASSWORD"] != "kept" {
		t.Error("a secret was overwritten")
	}
	for name, value := range other {
		random := !slices.Contains([]string{"COMPOSE_PROFILES", "S3_ACCESS_KEY"}, name)
		if random && (len(value) != 48 || value == first[name]) {
			t.Errorf("%s: %d characters, the same twice: %v", name, len(value), value == first[name])
		}
	}
	deploytest.MakeEnv(t, file)
	if again := deploytest.Variables(t, file); !maps.Equal(again, first) {
		t.Error("the second run changed the file")
	}
}

func TestSecretsStayOutOfGitAndImage(t *testing.T) {
	for file, line := range map[string]string{".gitignore": "/.env", ".dockerignore": ".env"} {
		if !slices.Contains(strings.Split(deploytest.Read(t, file), "\n"), line) {
			t.Errorf("%s does not list %s", file, line)
		}
	}
}
