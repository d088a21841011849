package config

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode"
)

// Packager is the part that the packager takes.
func (c *Config) Packager() packager.Config {
	return packager.Config{
		SegmentDuration: c.HLS.SegmentDuration, PartDuration: c.HLS.PartDuration, PartHoldBack: c.HLS.PartHoldBack,
		Window: c.HLS.Window, DVR: c.HLS.DVR, Muxed: c.HLS.Audio == "muxed",
	}
}

// StaleCode is the status code of stale playlists, or 0.
func (c *Config) StaleCode() int {
	code, err := strconv.Atoi(c.HLS.Stale)
	if err != nil {
		return 0 // off
	}
	return code
}

// checkTogether reports every setting that can't work.
func (c *Config) checkTogether() error {
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	add(setting.CheckAddress("http.listen", c.HTTP.Listen))
	add(setting.CheckAddress("admin.listen", c.Admin.Listen))
	add(setting.CheckAddress("rtmp.listen", c.RTMP.Listen))
	add(setting.CheckAddress("rtmp.tls_listen", c.RTMP.TLSListen))
	add(setting.CheckAddress("srt.listen", c.SRT.Listen))
	add(setting.CheckAddress("rtsp.listen", c.RTSP.Listen))
	add(setting.CheckAddress("rtsp.tls_listen", c.RTSP.TLSListen))
	add(c.Packager().Validate())
	add(oneOf("hls.audio", c.HLS.Audio, "separate", "muxed"))
	add(oneOf("hls.stale", c.HLS.Stale, "off", "404", "503"))
	if c.HTTP.MaxConnections < 0 || c.HTTP.MaxConnectionsPerIP < 0 {
		add(errors.New("http.max_connections, http.max_connections_per_ip: use 0 or more"))
	}
	if _, err := transcode.ParseLadder(c.Transcode.Ladder); err != nil {
		add(fmt.Errorf("transcode.ladder: %w", err))
	}
	if (c.HTTP.TLSCert == "") != (c.HTTP.TLSKey == "") {
		add(errors.New("http.tls_cert and http.tls_key: set both or neither"))
	}
	add(c.needsCertificate("rtmp.tls_listen", c.RTMP.TLSListen))
	add(c.needsCertificate("rtsp.tls_listen", c.RTSP.TLSListen))
	if n := len(c.SRT.Passphrase); n > 0 && (n < 10 || n > 79) {
		add(fmt.Errorf("srt.passphrase: has %d characters; use 10 to 79", n))
	}
	add(setting.CheckRange("srt.latency", c.SRT.Latency, 20*time.Millisecond, 10*time.Second))
	add(setting.CheckRange("publish.reconnect", c.Publish.Reconnect, 0, time.Hour))
	if c.RTSP.UDPPort < 0 || c.RTSP.UDPPort > 65534 || c.RTSP.UDPPort%2 != 0 {
		add(fmt.Errorf("rtsp.udp_port: %d; use an even port, or 0", c.RTSP.UDPPort))
	}
	add(setting.CheckSecret("api.token", c.API.Token))
	add(setting.CheckSecret("cost.webhook_secret", c.Cost.WebhookSecret))
	add(setting.CheckSecret("chat.webhook_secret", c.Chat.WebhookSecret))
	add(c.validatePull())
	add(setting.CheckURL("http.url", c.HTTP.URL))
	add(c.validateAccess())
	add(setting.CheckURL("pyroscope.url", string(c.Pyroscope.URL)))
	add(oneOf("record.default", c.Record.Default, "off", "on"))
	add(c.validateRetention())
	add(second(c.Targets()))
	add(second(c.Costs()))
	add(second(c.PurgeTargets()))
	add(c.validatePlayback())
	add(c.validateSteering())
	add(c.validateChat())
	add(oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"))
	add(oneOf("log.format", c.Log.Format, "text", "json"))
	return errors.Join(errs...)
}

// validateRetention refuses fractions, which the database does not keep either.
func (c *Config) validateRetention() error {
	if d := c.Record.Retention; d < 0 || d%time.Second != 0 {
		return fmt.Errorf("record.retention: %v; use whole seconds, or 0 to keep recordings for ever", d)
	}
	return nil
}

func (c *Config) needsCertificate(key, address string) error {
	if address == "" || c.HTTP.TLSCert != "" || c.HTTP.Domain != "" {
		return nil
	}
	return fmt.Errorf("%s: needs a certificate; set http.tls_cert and http.tls_key, or http.domain", key)
}

func second[T any](_ T, err error) error { return err }

func (c *Config) validatePull() error {
	var errs []error
	for name, address := range c.RTSP.Pull {
		if _, err := media.ParseStreamID(name); err != nil {
			errs = append(errs, fmt.Errorf("rtsp.pull: %w", err))
		}
		if u, err := url.Parse(string(address)); err != nil || (u.Scheme != "rtsp" && u.Scheme != "rtsps") {
			errs = append(errs, fmt.Errorf("rtsp.pull: the address of %q does not begin with rtsp:// or rtsps://", name))
		}
	}
	return errors.Join(errs...)
}

func oneOf(key, value string, allowed ...string) error {
	for _, a := range allowed {
		if a == value {
			return nil
		}
	}
	return fmt.Errorf("%s: %q; use one of %v", key, value, allowed)
}
