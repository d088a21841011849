package cluster

import (
	"fmt"
	"testing"
)

func TestShard(t *testing.T) {
	moved := 0
	for i := range 1000 {
		key := fmt.Sprint("chat:", i)
		three, four := shard(key, 3), shard(key, 4)
		if three != four {
			moved++
			if four != 3 {
				t.Errorf("%s moved between the old ones", key)
			}
		}
	}
	if moved < 150 || moved > 350 {
		t.Errorf("%d of 1000 moved", moved)
	}
}
