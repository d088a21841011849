package origin

import (
	"net/http"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

func TestSteeringAndReports(t *testing.T) {
	var reported []string
	s := newStudioOf(t, Config{
		Report: func(r *http.Request, id media.StreamID) { reported = append(reported, string(id)+" "+r.URL.RawQuery) },
		Steer:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	})
	if got := s.get("/live/show/steering.json?_HLS_pathway=a").Code; got != http.StatusTeapot {
		t.Errorf("steering: %d", got)
	}
	if got := s.get("/live/show/p/steering.json").Code; got == http.StatusTeapot {
		t.Error("steering in a publication's directory")
	}
	s.get("/live/show/index.m3u8?_HLS_msn=1")
	s.get("/live/show/x?CMCD=sid%3D%22a%22")
	s.get("/live/show/x", "CMCD-Session", `sid="a"`)
	if len(reported) != 2 || reported[0] != "show CMCD=sid%3D%22a%22" {
		t.Errorf("reported: %q", reported)
	}
	if got := newStudio(t).get("/live/show/steering.json").Code; got != http.StatusNotFound {
		t.Errorf("without steering: %d", got)
	}
}
