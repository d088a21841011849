package bitstream

// recoveryPoint reports whether an SEI NAL unit of H.264 marks a picture from which
// on all that is shown after it can be decoded (ITU-T H.264 §D.2.8): broadcast
// encoders with open groups of pictures send such, and no IDR pictures after the
// first. Those that refresh the picture bit by bit count more frames than 0.
func recoveryPoint(nalu []byte) bool {
	const payloadType, usualSize = 6, 40
	// Its message comes first or second and is short: no need to copy captions.
	for b := Unescape(nalu[1:min(len(nalu), usualSize)]); len(b) > 2; {
		kind, rest := seiNumber(b)
		size, body := seiNumber(rest)
		if kind == payloadType {
			r := &bitReader{b: body}
			return r.uvlc() == 0 && !r.short // recovery_frame_cnt
		}
		b = body[min(size, len(body)):]
	}
	return false
}

// intraSlice reports whether a coded slice needs no other picture (ITU-T H.264
// §7.4.3, Table 7-6). Other NAL units don't matter.
func intraSlice(nalu []byte) bool {
	const sliceNonIDR, enough = 1, 16
	if nalu[0]&0x1f != sliceNonIDR {
		return true
	}
	r := &bitReader{b: Unescape(nalu[1:min(len(nalu), enough)])}
	r.uvlc() // first_mb_in_slice
	switch r.uvlc() % 5 {
	case 2, 4: // I, SI
		return !r.short
	}
	return false
}
