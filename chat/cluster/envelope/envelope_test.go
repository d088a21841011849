package envelope

import (
	"encoding/json"
	"testing"
	"time"
)

func TestAfter(t *testing.T) {
	ascending := []Version{{}, {1, 9, "z"}, {2, 1, "z"}, {2, 2, "a"}, {2, 2, "b"}, {3, 0, ""}}
	for i, one := range ascending {
		for j, two := range ascending {
			if one.After(two) != (i > j) {
				t.Errorf("%+v comes after %+v: %v", one, two, one.After(two))
			}
		}
	}
}

// TestLastReleaseReadsIt: during a deployment, processes of the last release get what this
// one writes, and the other way round.
func TestLastReleaseReadsIt(t *testing.T) {
	type last struct { // change of package cluster, as it was
		Version int64           `json:"version"`
		Name    string          `json:"name,omitempty"`
		Key     string          `json:"key,omitempty"`
		At      int64           `json:"at"`
		By      string          `json:"by"`
		Until   int64           `json:"until,omitempty"`
		Value   json.RawMessage `json:"value"`
	}
	value := map[string]int{"v": 1}
	data, err := json.Marshal(Envelope[map[string]int]{Version: Version{1, 2, "n"}, Name: "moderation", Key: "k", Until: 3, Value: &value})
	if err != nil {
		t.Fatal(err)
	}
	var old last
	if err := json.Unmarshal(data, &old); err != nil || old.Version != 1 || old.Name != "moderation" || old.Key != "k" || old.At != 2 ||
		old.By != "n" || old.Until != 3 || string(old.Value) != `{"v":1}` {
		t.Errorf("%s is read as %+v, %v", data, old, err)
	}
	data, err = json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	var e Envelope[map[string]int]
	if err := json.Unmarshal(data, &e); err != nil || e.Number != 1 || e.At != 2 || e.By != "n" || e.Name != "moderation" || e.Key != "k" || (*e.Value)["v"] != 1 {
		t.Errorf("%s is read as %+v, %v", data, e, err)
	}
	if e.Expired(time.UnixMilli(3)) || !e.Expired(time.UnixMilli(4)) {
		t.Error("it expires at another time")
	}
}
