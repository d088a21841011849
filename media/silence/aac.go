package silence

import (
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
	w := &bitWriter{}
	var tags [elementLFE + 1]uint32 // element_instance_tag counts the elements of a kind
	for _, element := range aacElements[c.Layout] {
		w.bits(element, 3)
		w.bits(tags[element], 4)
		tags[element]++
		if element == elementCPE {
			w.bits(1, 1) // common_window
			aacWindow(w)
			w.zeros(2) // ms_mask_present
			aacChannel(w)
			aacChannel(w)
			continue
		}
		w.zeros(aacGainBits)
		aacWindow(w)
		w.zeros(aacToolBits)
	}
	w.bits(elementEnd, 3)
	return w.b
}

const (
	aacGainBits = 8 // global_gain
	aacToolBits = 3 // pulse_data_present, tns_data_present, gain_control_data_present
)

// aacWindow writes ics_info: one long window, max_sfb 0.
func aacWindow(w *bitWriter) { w.zeros(1 + 2 + 1 + 6 + 1) }

// aacChannel writes the individual_channel_stream of a pair with a common window.
func aacChannel(w *bitWriter) { w.zeros(aacGainBits + aacToolBits) }
