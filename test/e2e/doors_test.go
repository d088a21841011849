//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// By default SRT publishers come by IPv4 and, where the machine has it, IPv6. Anybody may
// publish here: the streams, which nobody created, are listed with what arrives.
func TestOpenDoors(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	s := start(t, "transcode.ladder=off", fmt.Sprintf("srt.listen=:%d", port), "api.token="+apiToken)
	hosts := map[string]string{"four": "127.0.0.1", "six": "::1"}
	if c, err := net.ListenPacket("udp6", "[::1]:0"); err != nil {
		delete(hosts, "six")
	} else {
		_ = c.Close()
	}
	clip := cardFile(t, "320x180", 20)
	for stream, host := range hosts {
		address := net.JoinHostPort(host, fmt.Sprint(port))
		push(t, "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "mpegts", "srt://"+address+"?pkt_size=1316&connect_timeout=30000&streamid=publish:"+stream)
	}
	type view struct {
		ID, State  string
		Registered bool
		Input      *struct{ Protocol string }
	}
	for stream := range hosts {
		s.live(t, stream)
		var one view
		status, body := s.request(t, http.MethodGet, "/streams/"+stream, "")
		if err := json.Unmarshal(body, &one); err != nil || status != http.StatusOK || one.State != "live" || one.Registered || one.Input == nil || one.Input.Protocol != "srt" {
			t.Errorf("%s: %d %s, %v", stream, status, body, err)
		}
	}
	var list []view
	if err := json.Unmarshal(s.api(t, http.MethodGet, "/streams", ""), &list); err != nil || len(list) != len(hosts) {
		t.Errorf("listed: %+v, %v", list, err)
	}
	out, err := exec.Command(binary, "stream", "list", "--data", s.data).CombinedOutput()
	if n := strings.Count(string(out), "not created"); err != nil || n != len(hosts) {
		t.Errorf("%v: %s", err, out)
	}
}
