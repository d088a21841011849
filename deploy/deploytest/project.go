package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const composeFile = "docker-compose.yml"

// Root is the repository's directory.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, composeFile)); err == nil {
			return dir
		}
	}
	t.Fatalf("no %s here or above", composeFile)
	return ""
}

// Read is the text of a file of the repository.
func Read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// EnvFile is an .env file as scripts/compose-env.sh writes it.
func EnvFile(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), ".env")
	MakeEnv(t, file)
	return file
}

// MakeEnv runs scripts/compose-env.sh on a file.
func MakeEnv(t testing.TB, file string) {
	t.Helper()
	script := filepath.Join(Root(t), "scripts", "compose-env.sh")
	if out, err := exec.CommandContext(t.Context(), script, file).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// Variables are the lines of an .env file, by name.
func Variables(t testing.TB, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[name] = value
		}
	}
	return values
}

// Load is the project with every profile, with the variables of an .env file and no
// others.
func Load(t testing.TB, envFile string) *types.Project {
	t.Helper()
	p, err := Try(t, envFile)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Try is Load for files that Compose may refuse; "" is no .env file.
func Try(t testing.TB, envFile string) (*types.Project, error) {
	t.Helper()
	options := []cli.ProjectOptionsFn{
		cli.WithWorkingDirectory(Root(t)), cli.WithName("lightstick"), cli.WithProfiles([]string{"*"}),
	}
	if envFile != "" {
		options = append(options, cli.WithEnvFiles(envFile), cli.WithDotEnv)
	}
	o, err := cli.NewProjectOptions([]string{filepath.Join(Root(t), composeFile)}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return o.LoadProject(t.Context())
}

// Environment is a service's environment as a process gets it.
func Environment(s types.ServiceConfig) []string {
	var environ []string
	for name, value := range s.Environment {
		if value != nil {
			environ = append(environ, name+"="+*value)
		}
	}
	return environ
}
