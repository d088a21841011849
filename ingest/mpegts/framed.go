package mpegts

// framedDecoder cuts sound that has a header for each frame. The decoders of ADTS and of
// LATM embed it, and read what is in a frame.
type framedDecoder struct {
	track  *track
	frames frameCutter
	found  []cutFrame // used again and again
	queue  audioQueue
	frame  func([]byte) error
}

func newFramedDecoder(t *track, frames frameCutter, frame func([]byte) error) framedDecoder {
	return framedDecoder{track: t, frames: frames, queue: newAudioQueue(), frame: frame}
}

func (d *framedDecoder) held() int { return d.frames.held() }

func (d *framedDecoder) decode(p pesPacket, data []byte) error {
	var skipped bool
	d.found, skipped = d.frames.cut(d.found[:0], data)
	if p.cut {
		d.frames.reset()
	}
	d.queue.startPacket(p, len(d.found) > 0 && d.found[0].carried)
	for _, f := range d.found {
		if err := d.frame(f.data); err != nil {
			return err
		}
		if f.carried {
			if err := d.queue.carry(d.track); err != nil {
				return err
			}
		}
	}
	if skipped || p.cut {
		d.track.broken()
	}
	return d.queue.flush(d.track)
}
