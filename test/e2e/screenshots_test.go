//go:build e2e && screenshots

package e2e

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/tools/testcard"
)

// TestScreenshots takes the pictures of the documentation.
func TestScreenshots(t *testing.T) {
	s := start(t, "transcode.ladder=360p", "chat.guests=write", "chat.rate_limit=off")
	publishCard(t, testcard.Config{URL: "rtmp://" + s.rtmp + "/live/show"})
	s.live(t, "show")
	fillRoom(t, s)
	desktop, phone := map[string]int{"width": 1280, "height": 800}, map[string]int{"width": 390, "height": 844}
	for name, options := range map[string]map[string]any{
		"watch-dark":  {"viewport": desktop, "colorScheme": "dark"},
		"watch-light": {"viewport": desktop, "colorScheme": "light"},
		"watch-phone": {"viewport": phone, "colorScheme": "dark"},
	} {
		options["url"] = "http://" + s.http + "/watch/show"
		options["seconds"] = 13
		options["screenshot"] = absolute(t, "../../docs/images/"+name+".png")
		v := watch(t, options)
		v.playing()
		pause(11500 * time.Millisecond)
		v.ask("document.getElementById('player').removeAttribute('userinactive')")
		v.done()
	}
}

// fillRoom has guests talk, so that the pictures show a room with people.
func fillRoom(t *testing.T, s *server) {
	t.Helper()
	url := "http://" + s.http
	guests := map[string]*chattest.Client{}
	for _, line := range [][2]string{
		{"Mina", "hello from Busan!"}, {"Leo", "first time watching live"}, {"Sora", "the lights look amazing tonight"}, {"Ana", "olá de São Paulo"},
		{"Mina", "@Leo welcome! It only gets better from here"}, {"Jun", "which song is this?"}, {"Sora", "Milky Way, from the first album"},
		{"Ana", "lightsticks on, everybody"}, {"Jun", "thank you @Sora"}, {"Leo", "that clock in the corner is so precise, nobody is behind"},
		{"Mina", "see you all at the encore"},
	} {
		name, text := line[0], line[1]
		if guests[name] == nil {
			guests[name] = chattest.Join(t, url, name, "show")
		}
		if code := guests[name].Say("show", chattest.Object{"text": text}); code != 0 {
			t.Fatalf("%s was refused with %d", text, code)
		}
	}
}
