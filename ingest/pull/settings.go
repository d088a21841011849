package pull

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/media"
)

// Settings are pull of the configuration, and rtsp.pull, which is its name of before.
type Settings struct {
	Cameras map[string]setting.Secret `key:"rtsp.pull" default:"" help:"The same as pull, for cameras: STREAM=rtsp://… pairs, separated by spaces. Empty: none."`
	Streams map[string]setting.Secret `key:"pull" default:"" help:"Streams to fetch: STREAM=ADDRESS pairs, separated by spaces. Addresses begin with rtsp://, rtsps://, srt://, rtmp://, rtmps://, http:// or https:// (HLS, MPEG-TS), or udp:// (MPEG-TS); docs/creators.md has their forms. Empty: none."`
}

// Addresses are those of all streams to fetch.
func (s *Settings) Addresses() map[string]string {
	all := make(map[string]string)
	for _, some := range []map[string]setting.Secret{s.Cameras, s.Streams} {
		for name, address := range some {
			all[name] = string(address)
		}
	}
	return all
}

// Validate reports every fault at once. It quotes no address, which may hold a password.
func (s *Settings) Validate() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.Cameras)) {
		if s.Streams[name] != "" {
			errs = append(errs, fmt.Errorf("pull: %.60q stands in rtsp.pull too; write it once", name))
		}
		if !strings.HasPrefix(string(s.Cameras[name]), "rtsp") {
			errs = append(errs, fmt.Errorf("rtsp.pull: the address of %q does not begin with rtsp:// or rtsps://", name))
			continue
		}
		errs = append(errs, check("rtsp.pull", name, s.Cameras[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Streams)) {
		errs = append(errs, check("pull", name, s.Streams[name]))
	}
	return errors.Join(errs...)
}

func check(key, name string, address setting.Secret) error {
	if _, err := media.ParseStreamID(name); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if _, err := Parse(string(address)); err != nil {
		return fmt.Errorf("%s: %q: %w", key, name, err)
	}
	return nil
}
