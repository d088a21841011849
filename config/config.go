package config

import (
	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/cdn/steering"
	"github.com/globalfandom/lightstick/chat"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/limit"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/persist"
	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/httpserver/admin"
	"github.com/globalfandom/lightstick/ingest/pull"
	"github.com/globalfandom/lightstick/ingest/rtmp"
	"github.com/globalfandom/lightstick/ingest/rtsp"
	"github.com/globalfandom/lightstick/ingest/srt"
	"github.com/globalfandom/lightstick/ingest/whip"
	"github.com/globalfandom/lightstick/internal/profiling"
	"github.com/globalfandom/lightstick/internal/redis"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/origin/playbackauth"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
	"github.com/globalfandom/lightstick/storage/replication"
	"github.com/globalfandom/lightstick/transcode"
)

// Config is everything that can be set: each package's own settings, in the order in which they
// are listed. Keys, defaults, help and rules stand in the packages; see package setting.
type Config struct {
	HTTP        httpserver.Settings
	Admin       admin.Settings
	CDN         httpserver.ShieldSettings
	RTMP        rtmp.Settings
	SRT         srt.Config
	RTSP        rtsp.Settings
	WebRTC      whip.Settings
	Pull        pull.Settings
	Publish     live.Settings
	API         control.Settings
	HLS         packager.Config
	Origin      origin.Settings
	Record      recording.Settings
	Playback    playbackauth.Settings
	Redis       redis.Settings
	Replication replication.Settings
	Storage     objectstore.Settings
	Transcode   transcode.Settings
	Cost        cost.Settings
	Purge       purge.Settings
	Steering    steering.Settings
	CMCD        cmcd.Settings
	Chat        struct {
		Rooms   chat.Settings
		Limits  limit.MessageSettings
		Tokens  identity.Settings
		Filter  moderation.FilterSettings
		Webhook moderation.ClassifierConfig
		Kept    persist.Settings
	}
	Pyroscope profiling.Settings
	Log       Log
}
