package habits

// PlainTS makes a transport stream of H.264: the same picture, as its NAL units, at each of
// the times, at 90 kHz. Its continuity counters begin at 0, and it has tables at its
// beginning only.
func PlainTS(times []int64, picture ...[]byte) []byte {
	const table, pid, h264, video = 0x1000, 0x100, 0x1b, 0xe0
	var p packetizer
	p.section(0, 0, 0, pat(0, table))
	p.section(table, 2, 0, pmt(pid, []Entry{{Type: h264, PID: pid}}))
	for _, at := range times {
		p.pes(pid, video, pesHeader{pts: at, dts: -1, pcr: at, key: true}, annexB(picture))
	}
	return p.take()
}
