package bitstreamtest

import (
	"math/bits"

	"github.com/globalfandom/lightstick/internal/bitfields"
)

// bitWriter writes an RBSP (ITU-T H.264 §7.2).
type bitWriter struct{ bitfields.BitWriter }

// ue writes numbers as ue(v) (§9.1).
func (w *bitWriter) ue(numbers ...int) *bitWriter {
	for _, v := range numbers {
		size := bits.Len32(uint32(v + 1))
		w.Put(0, size-1)
		w.Put(uint32(v+1), size)
	}
	return w
}

// unit closes the RBSP, and makes a NAL unit of it.
func (w *bitWriter) unit(header ...byte) []byte {
	w.Put(1, 1)
	nalu, zeros := header, 0
	for _, c := range w.Bytes {
		if zeros == 2 && c <= 3 {
			nalu, zeros = append(nalu, 3), 0
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		nalu = append(nalu, c)
	}
	return nalu
}

// SPS is a sequence parameter set of H.264 (§7.3.2.1.1), Baseline profile, for pictures of
// so many macroblocks that are shown in the order of decoding.
func SPS(id, widthMBs, heightMBs int) []byte {
	w := &bitWriter{}
	w.Put(66<<16|30, 24) // profile_idc, constraints, level_idc
	w.ue(id, 0, 2, 1)    // log2_max_frame_num, pic_order_cnt_type, reference frames
	w.Put(0, 1)          // gaps in frame_num
	w.ue(widthMBs-1, heightMBs-1)
	w.Put(0b1100, 4) // frame_mbs_only, direct_8x8_inference; no cropping, no VUI
	return w.unit(0x67)
}

// PPS is a picture parameter set of H.264 (§7.3.2.2), whose content depends on qp too.
func PPS(id, sps, qp int) []byte {
	w := (&bitWriter{}).ue(id, sps)
	w.Put(0, 2)
	w.ue(0, 0, 0)
	w.Put(0, 3)
	w.ue(2*qp, 0, 0)
	w.Put(0, 3)
	return w.unit(0x68)
}

// Slice types of H.264 (Table 7-6).
const (
	SliceP = 0
	SliceB = 1
	SliceI = 2
)

// Slice begins a slice of H.264 (§7.3.3), of an IDR picture or another, at a macroblock.
func Slice(idr bool, macroblock, kind, pps int) []byte {
	header := byte(0x41)
	if idr {
		header = 0x65
	}
	w := (&bitWriter{}).ue(macroblock, kind, pps)
	w.Put(0x55, 8)
	return w.unit(header)
}

// RecoveryPoint is an SEI message of H.264 that says after how many frames the picture is
// whole (§D.1.8).
func RecoveryPoint(frames int) []byte {
	w := (&bitWriter{}).ue(frames)
	w.Put(0, 4)
	body := w.unit()
	return append([]byte{0x06, 6, byte(len(body))}, append(body, 0x80)...)
}
