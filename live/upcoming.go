package live

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// deferred is the track if it has to wait for the next keyframe, or none. An epoch with
// pictures begins with a keyframe: if new sound ended the one that goes on at once, the
// pictures up to there would be lost.
func (p *publication) deferred(t media.Track) media.Track {
	if p.epoch == nil || p.tracks[media.Video].Codec == 0 || p.takes(t) {
		return media.Track{}
	}
	return t
}

// takes reports whether the track is the sound that is taken now.
func (p *publication) takes(t media.Track) bool {
	if p.sound.running != nil {
		return p.sound.converts(t)
	}
	return p.tracks[media.Audio].SameInit(t)
}

// takeUpcoming takes up the track that waits.
func (p *publication) takeUpcoming() error {
	t := p.upcoming
	if p.upcoming = (media.Track{}); t.Codec == 0 {
		return nil
	}
	return p.setTrack(t)
}

// missingSound is for how long no sound has come, if it has stopped. Sound that waits for
// the next keyframe has come.
func (p *publication) missingSound() time.Duration {
	if p.upcoming.Codec != 0 {
		return 0
	}
	return p.silence.missing()
}
