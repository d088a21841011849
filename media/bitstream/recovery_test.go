package bitstream

import (
	"testing"

	"github.com/globalfandom/lightstick/media"
)

func TestRecoveryPoints(t *testing.T) {
	recovery := []byte{0x06, 6, 1, 0xc4, 0x80}                         // recovery_frame_cnt 0
	refresh := []byte{0x06, 6, 1, 0x47, 0x80}                          // recovery_frame_cnt 1
	afterTiming := []byte{0x06, 1, 1, 0x12, 6, 1, 0xc4, 0x80}          // behind a pic_timing message
	intra, mixed := []byte{0x61, 0x88, 0x80}, []byte{0x61, 0x9a, 0x80} // slice_type 7, 5
	tests := []struct {
		name  string
		nalus [][]byte
		want  bool
	}{
		{"recovery point", [][]byte{recovery, intra}, true},
		{"two slices", [][]byte{recovery, intra, intra}, true},
		{"behind another message", [][]byte{afterTiming, intra}, true},
		{"in another SEI unit", [][]byte{{0x06, 1, 1, 0x12, 0x80}, recovery, intra}, true},
		{"gradual refresh", [][]byte{refresh, intra}, false},
		{"with a slice that predicts", [][]byte{recovery, intra, mixed}, false},
		{"intra picture without the message", [][]byte{intra}, false},
		{"cut short", [][]byte{{0x06, 6, 1}, intra}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			au, err := (&Video{Codec: media.H264}).FromNALUnits(tt.nalus)
			if err != nil || au.RecoveryPoint != tt.want || au.KeyFrame {
				t.Errorf("recovery point %v, key %v, %v", au.RecoveryPoint, au.KeyFrame, err)
			}
		})
	}
}
