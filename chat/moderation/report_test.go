package moderation

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestAnybodyReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := NewMemoryStore()
		d := newModerator(t, Config{Store: kept})
		report := func(by message.User, id string) error {
			_, err := d.Execute(t.Context(), by, Action{Room: "stage", Kind: ActionReport, Message: id, Reason: "  rude\n", Via: ViaPage})
			return err
		}
		refusal := func(err error) (message.Code, time.Duration) {
			var r *message.Refusal
			if !errors.As(err, &r) {
				return 0, 0
			}
			return r.Code, r.Retry
		}
		if err := report(guest, "100"); err != nil {
			t.Fatal(err)
		}
		list, err := d.Audit(t.Context(), "stage", "", 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		e := list[0]
		if e.Action.Kind != ActionReport || e.By.ID != guest.ID || e.Action.User != fan.ID || e.Name != "Mina" || e.Action.Text != "hello" || e.Action.Reason != "rude" || e.Action.Message != "100" {
			t.Errorf("the log has %+v", e)
		}
		if code, retry := refusal(report(guest, "200")); code != message.CodeTooFast || retry <= 0 {
			t.Errorf("at once again: %d, %v", code, retry)
		}
		time.Sleep(reportInterval)
		for _, tt := range []struct {
			name, id string
			by       message.User
		}{
			{"the same again", "100", guest},
			{"one's own", "100", fan},
			{"what is gone", "999", fan3},
			{"nothing", "", fan3},
		} {
			time.Sleep(reportInterval)
			if code, _ := refusal(report(tt.by, tt.id)); code != message.CodeAction {
				t.Errorf("%s: %d", tt.name, code)
			}
		}
		if list, _ := d.Audit(t.Context(), "stage", "", 10); len(list) != 1 {
			t.Errorf("refused reports are in the log: %d entries", len(list))
		}
		time.Sleep(reportInterval)
		if err := report(guest, "200"); err != nil {
			t.Errorf("a host's message: %v", err)
		}
		// Many identities don't get further than the room's limit.
		taken := 0
		for i := range 100 {
			if report(message.User{ID: fmt.Sprint("g", i), Role: message.Guest}, "100") == nil {
				taken++
			}
		}
		if taken > 1 {
			t.Errorf("%d reports at once were taken in a room", taken)
		}
		if _, err := d.Execute(t.Context(), fan3, Action{Room: AllRooms, Kind: ActionReport, Message: "100"}); err == nil {
			t.Error("a report in all rooms was taken")
		}
	})
}
