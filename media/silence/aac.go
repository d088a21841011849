package silence

import (
	"github.com/globalfandom/lightstick/internal/bitfields"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Syntactic elements of AAC (ISO/IEC 14496-3 Table 4.85).
const (
	elementSCE = 0 // one channel
	elementCPE = 1 // two
	elementLFE = 3 // one, of low frequencies
	elementEnd = 7
)

// aacElements are the elements of an access unit by channelConfiguration (ISO/IEC
// 14496-3 Table 1.19).
var aacElements = [...][]uint32{
	1: {elementSCE},
	2: {elementCPE},
	3: {elementSCE, elementCPE},
	4: {elementSCE, elementCPE, elementSCE},
	5: {elementSCE, elementCPE, elementCPE},
	6: {elementSCE, elementCPE, elementCPE, elementLFE},
	7: {elementSCE, elementCPE, elementCPE, elementCPE, elementLFE},
}

// aac is a raw_data_block whose channels have no scale factor bands (ISO/IEC 14496-3
// §4.4.2.1). Without an extension payload SBR has nothing to add, so that it holds as the
// core of HE-AAC as well.
func aac(t media.Track) []byte {
	c, err := bitstream.ParseAACConfig(t.AudioConfig)
	if err != nil || c.Layout == 0 {
		return nil
	}
	w := &bitfields.BitWriter{}
	var tags [elementLFE + 1]uint32 // element_instance_tag counts the elements of a kind
	for _, element := range aacElements[c.Layout] {
		w.Put(element, 3)
		w.Put(tags[element], 4)
		tags[element]++
		if element == elementCPE {
			w.Put(1, 1) // common_window
			aacWindow(w)
			w.Zeros(2) // ms_mask_present
			aacChannel(w)
			aacChannel(w)
			continue
		}
		w.Zeros(aacGainBits)
		aacWindow(w)
		w.Zeros(aacToolBits)
	}
	w.Put(elementEnd, 3)
	return w.Bytes
}

const (
	aacGainBits = 8 // global_gain
	aacToolBits = 3 // pulse_data_present, tns_data_present, gain_control_data_present
)

// aacWindow writes ics_info: one long window, max_sfb 0.
func aacWindow(w *bitfields.BitWriter) { w.Zeros(1 + 2 + 1 + 6 + 1) }

// aacChannel writes the individual_channel_stream of a pair with a common window.
func aacChannel(w *bitfields.BitWriter) { w.Zeros(aacGainBits + aacToolBits) }
