package deploy

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/globalfandom/lightstick/deploy/deploytest"
)

// listening are the ports that a service opens with its configuration, as
// "8080/tcp". What stands here as a number is the image's default.
func listening(t *testing.T, name string, s types.ServiceConfig) []string {
	t.Helper()
	option := func(flag, otherwise string) string {
		if i := slices.Index(s.Command, flag); i >= 0 && i+1 < len(s.Command) {
			return strings.TrimPrefix(s.Command[i+1], ":")
		}
		return otherwise
	}
	environment := func(key, otherwise string) string {
		if v := s.Environment[key]; v != nil {
			return *v
		}
		return otherwise
	}
	switch name {
	case "lightstick":
		_, port, err := net.SplitHostPort(configuration(t).Admin.Listen)
		if err != nil {
			t.Fatal(err)
		}
		return append(ours(t), port+"/tcp")
	case "s3":
		return []string{option("--port", "7070") + "/tcp"}
	case "redis":
		return []string{regexp.MustCompile(`(?m)^port (\d+)$`).FindStringSubmatch(deploytest.Read(t, "deploy/redis/redis.conf"))[1] + "/tcp"}
	case "edge":
		return []string{environment("VARNISH_HTTP_PORT", "80") + "/tcp"}
	case "prometheus":
		return []string{option("--web.listen-address", "9090") + "/tcp"}
	case "grafana":
		return []string{environment("GF_SERVER_HTTP_PORT", "3000") + "/tcp"}
	case "pyroscope":
		return []string{option("-server.http-listen-port", "4040") + "/tcp"}
	}
	return nil
}

// ours are the ports that our configuration opens, but for admin.listen, which no image
// exposes.
func ours(t *testing.T) []string {
	t.Helper()
	cfg := configuration(t)
	var ports []string
	for address, protocol := range map[string]string{
		cfg.HTTP.Listen: "tcp", cfg.RTMP.Listen: "tcp", cfg.RTMP.TLSListen: "tcp", cfg.RTSP.Listen: "tcp", cfg.SRT.Listen: "udp",
	} {
		if _, port, err := net.SplitHostPort(address); err == nil {
			ports = append(ports, port+"/"+protocol)
		}
	}
	for i := range 2 {
		ports = append(ports, fmt.Sprintf("%d/udp", cfg.RTSP.UDPPort+i))
	}
	if _, port, err := net.SplitHostPort(cfg.WebRTC.Listen); err == nil {
		ports = append(ports, port+"/udp", port+"/tcp")
	}
	return ports
}

// open are the ports that everybody may reach; all others are this machine's.
var open = []string{"8080/tcp edge", "1935/tcp lightstick", "8554/tcp lightstick", "8890/udp lightstick", "8000/udp lightstick", "8001/udp lightstick",
	"8189/udp lightstick", "8189/tcp lightstick"}

func TestPublishedPorts(t *testing.T) {
	taken := map[string]string{}
	var public []string
	for name, s := range project(t).Services {
		for _, p := range s.Ports {
			target := fmt.Sprintf("%d/%s", p.Target, p.Protocol)
			if !slices.Contains(listening(t, name, s), target) {
				t.Errorf("%s does not listen on %s", name, target)
			}
			at := p.Published + "/" + p.Protocol
			if other := taken[at]; other != "" {
				t.Errorf("%s and %s both publish %s", name, other, at)
			}
			taken[at] = name
			switch p.HostIP {
			case "127.0.0.1":
			case "":
				public = append(public, at+" "+name)
			default:
				t.Errorf("%s publishes %s on %s", name, at, p.HostIP)
			}
		}
	}
	slices.Sort(public)
	want := slices.Sorted(slices.Values(open))
	if !slices.Equal(public, want) {
		t.Errorf("everybody reaches %v, want %v", public, want)
	}
}

// networksOf are the names of a service's networks.
func networksOf(s types.ServiceConfig) []string { return slices.Sorted(maps.Keys(s.Networks)) }

func shared(a, b types.ServiceConfig) (both []string) {
	for _, n := range networksOf(a) {
		if slices.Contains(networksOf(b), n) {
			both = append(both, n)
		}
	}
	return both
}

func TestNetworks(t *testing.T) {
	p := project(t)
	services := p.Services
	// A name with two addresses is more than Varnish takes for a backend.
	if both := shared(services["edge"], services["lightstick"]); !slices.Equal(both, []string{"origin"}) {
		t.Errorf("the cache reaches the origin by %v", both)
	}
	for _, name := range []string{"origin", "backend", "metrics", "profiles"} {
		if !p.Networks[name].Internal {
			t.Errorf("the network %s leads outside", name)
		}
	}
	for name, s := range services {
		if slices.Contains(networksOf(s), "backend") && !slices.Contains([]string{"lightstick", "s3", "redis"}, name) {
			t.Errorf("%s reaches what is kept", name)
		}
		outside := slices.ContainsFunc(networksOf(s), func(n string) bool { return !p.Networks[n].Internal })
		if len(s.Ports) > 0 && !outside {
			t.Errorf("%s publishes ports, but is on internal networks only", name)
		}
	}
	for _, name := range []string{"origin", "metrics"} {
		pool := p.Networks[name].Ipam.Config[0]
		subnet, dynamic := netip.MustParsePrefix(pool.Subnet), netip.MustParsePrefix(pool.IPRange)
		address := netip.MustParseAddr(services["lightstick"].Networks[name].Ipv4Address)
		if !subnet.Contains(address) || dynamic.Contains(address) || !subnet.Contains(dynamic.Addr()) {
			t.Errorf("%v must be in %v, and not in %v, which others get addresses from", address, subnet, dynamic)
		}
	}
}

// Metrics tell what the show costs: only Prometheus reaches the port, and by one
// network only, so that the origin's name has one address there.
func TestOnlyPrometheusReachesMetrics(t *testing.T) {
	services := project(t).Services
	host, _, err := net.SplitHostPort(configuration(t).Admin.Listen)
	if err != nil || host != services["lightstick"].Networks["metrics"].Ipv4Address {
		t.Errorf("admin.listen is on %q, which is not the address in the network for metrics: %v", host, err)
	}
	for name, s := range services {
		_, member := s.Networks["metrics"]
		if want := name == "prometheus" || name == "lightstick"; member != want {
			t.Errorf("%s is in the network for metrics: %v, want %v", name, member, want)
		}
	}
	if both := shared(services["prometheus"], services["lightstick"]); !slices.Equal(both, []string{"metrics"}) {
		t.Errorf("Prometheus reaches the origin by %v", both)
	}
}

var place = regexp.MustCompile(`(?:https?://|@|targets: \[")([a-z0-9.-]+):(\d+)`)
var backend = regexp.MustCompile(`\.host = "([a-z0-9.-]+)";\s*\.port = "(\d+)";`)

// Whoever names another service shares a network with it, and names a port that it
// listens on.
func TestServicesReachEachOther(t *testing.T) {
	p := project(t)
	check := func(from, where, host, port string) {
		if _, err := strconv.Atoi(port); err != nil {
			t.Errorf("%s: port %q", where, port)
		}
		if host == "127.0.0.1" || host == "localhost" {
			return // itself, or the operator's browser
		}
		s, known := p.Services[host]
		if !known {
			t.Errorf("%s speaks of %s, which is no service", where, host)
			return
		}
		if len(shared(p.Services[from], s)) == 0 {
			t.Errorf("%s: %s can't reach %s", where, from, host)
		}
		if !slices.Contains(listening(t, host, s), port+"/tcp") {
			t.Errorf("%s: %s does not listen on %s", where, host, port)
		}
	}
	for name, s := range p.Services {
		for _, entry := range deploytest.Environment(s) {
			for _, m := range place.FindAllStringSubmatch(entry, -1) {
				key, _, _ := strings.Cut(entry, "=")
				check(name, name+" "+key, m[1], m[2])
			}
		}
		for _, m := range place.FindAllStringSubmatch(strings.Join(healthCheck(s), " "), -1) {
			if !slices.Contains(listening(t, name, s), m[2]+"/tcp") {
				t.Errorf("%s: its health check asks port %s", name, m[2])
			}
		}
	}
	for file, from := range map[string]string{
		"deploy/prometheus/prometheus.yml":                       "prometheus",
		"deploy/grafana/provisioning/datasources/lightstick.yml": "grafana",
	} {
		found := place.FindAllStringSubmatch(deploytest.Read(t, file), -1)
		if len(found) < 2 {
			t.Errorf("%s: found %v", file, found)
		}
		for _, m := range found {
			check(from, file, m[1], m[2])
		}
	}
	found := backend.FindAllStringSubmatch(deploytest.Read(t, "deploy/varnish/default.vcl"), -1)
	if len(found) == 0 {
		t.Error("no backend found in the configuration of Varnish")
	}
	for _, m := range found {
		check("edge", "default.vcl", m[1], m[2])
	}
}
