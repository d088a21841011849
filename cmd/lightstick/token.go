package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/app"
	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin/playbackauth"
)

type tokenCommands struct {
	Create tokenCreate `cmd:"" help:"Create a playback token: its holder may watch."`
	Keys   tokenKeys   `cmd:"" help:"List the keys of playback tokens, with their public keys."`
}

type tokenCreate struct {
	common    `embed:""`
	Stream    string        `arg:"" help:"Stream ID, from 'lightstick stream list'; 'show-*' is every stream that begins with show-, '*' is every stream."`
	For       time.Duration `help:"How long it is valid." default:"12h" placeholder:"2h"`
	IP        string        `help:"Only for this client address, or network such as 203.0.113.0/24." placeholder:"ADDRESS"`
	Country   []string      `help:"Only in these countries, such as KR,JP." placeholder:"CODE"`
	Referrer  []string      `help:"Only on these sites, such as example.com,*.example.com." placeholder:"HOST"`
	Recording string        `help:"Only this recording of the stream." placeholder:"ID"`
	Screens   int           `help:"Number of players at the same time; 0: no limit." placeholder:"N"`
	Sid       string        `help:"ID of what was sold, such as a ticket number. Tokens with the same ID share their --screens." placeholder:"ID"`
	URL       string        `help:"Base URL of the printed URLs. Default: that of the configuration, on this machine." placeholder:"https://HOST"`
	JSON      bool          `help:"Print JSON, as the API does."`
}

func (c *tokenCreate) Run(ctx context.Context, out io.Writer) error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	keys, err := c.playbackKeys(&loaded.Playback)
	if err != nil {
		return err
	}
	request := control.TokenRequest{
		For: c.For.String(), IP: c.IP, Country: c.Country, Referrers: c.Referrer, Recording: c.Recording,
		Session: c.Sid, Screens: c.Screens,
	}
	claims, err := request.Claims(c.Stream, time.Now())
	if err != nil {
		return err
	}
	text, err := keys.Sign(claims)
	if err != nil {
		return err
	}
	if strings.ContainsAny(c.Stream, "* ") { // of several: no address to name
		_, err := fmt.Fprintln(out, text)
		return err
	}
	at := app.Addresses(&loaded.Config)
	urls := at.URLs(at.Local(), media.StreamID(c.Stream))
	if c.URL != "" {
		base := strings.TrimSuffix(c.URL, "/")
		urls.Watch, urls.HLS = base+control.WatchPath(c.Stream), base+"/live/"+strings.TrimPrefix(control.WatchPath(c.Stream), "/watch/")+"/index.m3u8"
	}
	view := control.NewTokenView(text, claims, urls)
	if c.JSON {
		return printJSON(out, view)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "token\t%s\nexpires\t%s\nwatch\t%s\nplaylist\t%s\nplaylist, token in path\t%s\n",
		view.Token, view.Expires.Local().Format(time.DateTime), view.Watch, view.HLS, view.HLSPath)
	return w.Flush()
}

// playbackKeys are those of the server with this configuration and data. A configured key
// that signs needs no data directory.
func (c common) playbackKeys(settings *playbackauth.Settings) (*token.Keys, error) {
	err := c.mustBeServed()
	switch {
	case err == nil:
		return app.PlaybackKeys(settings, c.Data)
	case settings.SigningKey != "":
		return app.PlaybackKeys(settings, "")
	}
	return nil, err
}

type tokenKeys struct {
	common `embed:""`
}

func (c *tokenKeys) Run(_ context.Context, out io.Writer) error {
	loaded, err := c.load()
	if err != nil {
		return err
	}
	keys, err := c.playbackKeys(&loaded.Playback)
	if err != nil {
		return err
	}
	all := keys.All()
	slices.SortFunc(all, func(a, b token.Key) int { return strings.Compare(a.ID(), b.ID()) })
	for _, k := range all {
		use := "verifies"
		if k.ID() == keys.Signer().ID() {
			use = "signs and verifies"
		}
		if _, err := fmt.Fprintf(out, "%s  %s  %s\n%s", k.ID(), k.Algorithm(), use, k.PublicPEM()); err != nil {
			return err
		}
	}
	return nil
}
