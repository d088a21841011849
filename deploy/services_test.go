package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

var loaded struct {
	once    sync.Once
	project *types.Project
	secrets map[string]string // of its .env
}

// project is docker-compose.yml, read once for all tests.
func project(t *testing.T) *types.Project {
	t.Helper()
	loaded.once.Do(func() {
		file := deploytest.EnvFile(t)
		loaded.secrets, loaded.project = deploytest.Variables(t, file), deploytest.Load(t, file)
	})
	if loaded.project == nil {
		t.Fatal("docker-compose.yml can't be read")
	}
	return loaded.project
}

// oneShot reports a service that does its work and ends.
func oneShot(s types.ServiceConfig) bool { return s.Restart == "no" }

// healthCheck is the command that tells whether a service is well, if there is one.
func healthCheck(s types.ServiceConfig) []string {
	if s.HealthCheck == nil {
		return nil
	}
	return s.HealthCheck.Test
}

func TestServicesAreConfined(t *testing.T) {
	for name, s := range project(t).Services {
		for what, ok := range map[string]bool{
			"a read-only root file system": s.ReadOnly,
			"no capabilities":              slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0,
			"no new privileges":            slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
			"not privileged":               !s.Privileged && len(s.Devices) == 0,
			"namespaces of its own":        s.Pid == "" && s.Ipc == "" && s.UserNSMode == "" && s.NetworkMode != "host",
			"a limit for memory":           s.MemLimit > 0,
			"a limit for processes":        s.PidsLimit > 0,
			"bounded logs":                 s.Logging != nil && s.Logging.Options["max-size"] != "" && s.Logging.Options["max-file"] != "",
			"a user that is not root":      !isRoot(s.User),
			"a restart policy":             s.Restart == "unless-stopped" || oneShot(s),
		} {
			if !ok {
				t.Errorf("%s lacks: %s", name, what)
			}
		}
	}
}

func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "0" || name == "root"
}

func TestHealthChecks(t *testing.T) {
	p := project(t)
	for name, s := range p.Services {
		h := s.HealthCheck
		if oneShot(s) {
			continue
		}
		if h == nil || h.Disable || len(h.Test) < 2 || h.Interval == nil || h.Timeout == nil || h.Retries == nil || h.StartPeriod == nil {
			t.Errorf("%s has no complete health check", name)
		}
	}
	for name, s := range p.Services {
		for other, d := range s.DependsOn {
			want := types.ServiceConditionHealthy
			if oneShot(p.Services[other]) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			if d.Condition != want {
				t.Errorf("%s waits for %s until %s, want %s", name, other, d.Condition, want)
			}
		}
	}
}

// exact are tags that name one release, of three numbers.
var exact = regexp.MustCompile(`:v?\d+\.\d+\.\d+(-[a-z]+)?$`)

func TestImagesAreExactAndDocumented(t *testing.T) {
	documented := deploytest.Read(t, "docs/deploy.md")
	p := project(t)
	own := p.Services["lightstick"].Image
	for name, s := range p.Services {
		if s.Image != own && !exact.MatchString(s.Image) {
			t.Errorf("%s: the tag of %s is not one release", name, s.Image)
		}
		if !strings.Contains(documented, "`"+s.Image+"`") {
			t.Errorf("docs/deploy.md does not list %s of %s", s.Image, name)
		}
		if (s.Build != nil) != (s.Image == own) {
			t.Errorf("%s: what is built is our image, and nothing else", name)
		}
	}
}

// Everything that is mounted is here and can't be written to; what is written has a
// volume or is gone with the container.
func TestMounts(t *testing.T) {
	root := deploytest.Root(t)
	p := project(t)
	used := map[string]bool{}
	for name, s := range p.Services {
		for _, m := range s.Volumes {
			switch m.Type {
			case types.VolumeTypeBind:
				inside, err := filepath.Rel(filepath.Join(root, "deploy"), m.Source)
				if err != nil || strings.HasPrefix(inside, "..") {
					t.Errorf("%s mounts %s, which is not in deploy", name, m.Source)
				}
				if _, err := os.Stat(m.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !m.ReadOnly {
					t.Errorf("%s can write to %s", name, m.Source)
				}
			case types.VolumeTypeVolume:
				if _, declared := p.Volumes[m.Source]; !declared {
					t.Errorf("%s: volume %q is not declared, or has no name", name, m.Source)
				}
				used[m.Source] = true
			default:
				t.Errorf("%s: a mount of type %s", name, m.Type)
			}
		}
		for _, tmpfs := range s.Tmpfs {
			if !strings.Contains(tmpfs, "size=") {
				t.Errorf("%s: %s may fill the memory", name, tmpfs)
			}
		}
	}
	for volume := range p.Volumes {
		if !used[volume] {
			t.Errorf("nobody uses the volume %s", volume)
		}
	}
}
