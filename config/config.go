package config

import (
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

type (
	Secret = setting.Secret
	Size   = setting.Size
)

// Config is everything that can be set. The tags are: key, the dotted key;
// default; help, one sentence for `lightstick config` and the documentation; list, what
// divides the items of a list, which YAML may have as one.
type Config struct {
	HTTP struct {
		Listen              string `key:"http.listen" default:":8080" help:"Address for viewers and API; empty: off."`
		MaxConnections      int    `key:"http.max_connections" default:"0" help:"Connections at once; more get a 503. 0: nine tenths of what the system lets the process open."`
		MaxConnectionsPerIP int    `key:"http.max_connections_per_ip" default:"0" help:"Connections from one address at once; 0: no limit. Behind a CDN few addresses have many."`
		Domain              string `key:"http.domain" default:"" help:"Public host name: serves HTTPS on :443 with an automatic certificate, and redirects :80. The RTMPS and RTSPS listeners use it too."`
		URL                 string `key:"http.url" default:"" help:"Public base URL for links, if viewers don't reach http.listen directly."`
		TLSCert             string `key:"http.tls_cert" default:"" help:"Certificate file (PEM): serves HTTPS on http.listen. The RTMPS and RTSPS listeners use it too, before http.domain's. Read again when it changes."`
		TLSKey              string `key:"http.tls_key" default:"" help:"Private key file (PEM) of http.tls_cert."`
		TrustedProxies      string `key:"http.trusted_proxies" list:" " default:"" help:"Who is believed about the client's address: networks such as 203.0.113.0/24, addresses, private or loopback, separated by spaces."`
		ClientHeader        string `key:"http.client_header" default:"X-Forwarded-For" help:"The one header that trusted proxies name the client in: X-Forwarded-For, Forwarded, or a CDN's own such as CF-Connecting-IP."`
		ProxyProtocol       bool   `key:"http.proxy_protocol" default:"false" help:"true: trusted proxies begin each connection to http.listen with the PROXY protocol, version 1 or 2."`
	}
	Admin struct {
		Listen string `key:"admin.listen" default:"127.0.0.1:9090" help:"Address for operators' tools: /metrics and profiles (/debug/pprof/), without a password. Empty: viewers can read /metrics on http.listen, and profiles are off."`
	}
	CDN struct {
		Secret       Secret `key:"cdn.secret" list:" " default:"" help:"What the CDN must send to get media, 16 to 256 characters; two, separated by a space, while it is changed. Empty: everybody gets media."`
		SecretHeader string `key:"cdn.secret_header" default:"X-Origin-Secret" help:"Header that cdn.secret is sent in."`
		LoopID       string `key:"cdn.loop_id" default:"lightstick" help:"This server's name in CDN-Loop: requests that were here before get a 508. Empty: off."`
	}
	RTMP struct {
		Listen    string `key:"rtmp.listen" default:":1935" help:"Address for RTMP publishers; empty: off."`
		TLSListen string `key:"rtmp.tls_listen" default:"" help:"Address for RTMPS publishers, e.g. :1936; needs http.tls_cert or http.domain. Empty: off."`
	}
	SRT struct {
		Listen     string        `key:"srt.listen" default:":8890" help:"Address (UDP) for SRT publishers; empty: off."`
		Passphrase Secret        `key:"srt.passphrase" default:"" help:"10 to 79 characters; SRT publishers must encrypt with it."`
		Latency    time.Duration `key:"srt.latency" default:"120ms" help:"How long a lost packet may take to arrive again; 3 to 4 round trips."`
	}
	RTSP struct {
		Listen    string            `key:"rtsp.listen" default:":8554" help:"Address for RTSP publishers; empty: off."`
		TLSListen string            `key:"rtsp.tls_listen" default:"" help:"Address for RTSPS publishers, e.g. :8322, over TCP only; needs http.tls_cert or http.domain. Empty: off."`
		UDPPort   int               `key:"rtsp.udp_port" default:"8000" help:"Even port for RTP over UDP, with RTCP on the next; 0: TCP only."`
		Pull      map[string]Secret `key:"rtsp.pull" default:"" help:"Cameras to fetch: STREAM=rtsp://… pairs, separated by spaces."`
	}
	Publish struct {
		Open      bool          `key:"publish.open" default:"false" help:"true: any key may publish, and is the stream's name. For tests and local use."`
		Reconnect time.Duration `key:"publish.reconnect" default:"60s" help:"How long a stream waits for its publisher to come back before it ends."`
	}
	API struct {
		Token Secret `key:"api.token" default:"" help:"Bearer token of the REST API, 16 to 256 characters; made and printed once at first start if empty."`
	}
	HLS struct {
		SegmentDuration time.Duration `key:"hls.segment_duration" default:"2s" help:"Shortest segment; the next keyframe ends it."`
		PartDuration    time.Duration `key:"hls.part_duration" default:"250ms" help:"Longest part; shortened by up to a quarter to divide segments evenly. Shorter is lower latency and more requests."`
		PartHoldBack    float64       `key:"hls.part_hold_back" default:"3" help:"How far behind the live edge players stay, in parts; 2 to 10."`
		Window          time.Duration `key:"hls.window" default:"30s" help:"Time that live playlists list."`
		DVR             time.Duration `key:"hls.dvr" default:"0s" help:"Time that viewers can seek back, from disk; 0: what hls.window lists."`
		Audio           string        `key:"hls.audio" default:"separate" help:"separate | muxed: sound as a rendition of its own, or in the picture's segments, which halves the requests."`
		Stale           string        `key:"hls.stale" default:"off" help:"off | 404 | 503: what playlists answer when nothing new came for 1.5 target durations, so that a CDN asks another origin."`
	}
	Record struct {
		Default   string        `key:"record.default" default:"off" help:"off | on: whether streams are recorded that don't say so themselves."`
		Retention time.Duration `key:"record.retention" default:"0s" help:"How long finished recordings are kept, e.g. 720h, unless the stream says otherwise; 0: for ever."`
	}
	Playback struct {
		Auth          string            `key:"playback.auth" default:"off" help:"off | token | edge: whether streams need a playback token unless they say otherwise; edge: the CDN checks tokens, and requests that come here are let through."`
		Keys          map[string]Secret `key:"playback.keys" default:"" help:"Keys whose tokens are accepted: NAME=EdDSA:…, NAME=ES256:… or NAME=HS256:… pairs, separated by spaces, each with base64 or the path of a PEM file. NAME is the token's kid."`
		SigningKey    string            `key:"playback.signing_key" default:"" help:"Which of playback.keys signs tokens made here; empty: one of this server's own. Several origins need the same."`
		CountryHeader string            `key:"playback.country_header" default:"" help:"Header in which the CDN tells the viewer's country, e.g. CloudFront-Viewer-Country; empty: tokens for countries are refused."`
	}
	Redis struct {
		URL Secret `key:"redis.url" list:" " default:"" help:"Redis that several servers share: redis://USER:PASSWORD@HOST:PORT/DB (rediss:// with TLS), redis://H1:6379,H2:6379?cluster=true, redis://S1:26379,S2:26379?master=NAME by Sentinels; several, separated by spaces, are shards of the chat. Empty: each server is by itself."`
	}
	Storage struct {
		Cache Size `key:"storage.cache" default:"10GB" help:"Disk for what was read back from an object storage."`
		Spill Size `key:"storage.spill" default:"10GB" help:"Disk for what waits while an object storage can't be reached."`

		S3Endpoint     string `key:"storage.s3.endpoint" default:"" help:"URL of an S3 server, without the bucket; empty: Amazon's in storage.s3.region."`
		S3Bucket       string `key:"storage.s3.bucket" default:"" help:"Bucket for finished media; empty: everything stays on this disk."`
		S3Region       string `key:"storage.s3.region" default:"us-east-1" help:"Region that requests are signed for."`
		S3Prefix       string `key:"storage.s3.prefix" default:"" help:"Begins the key of every object, e.g. live/tokyo."`
		S3AccessKey    string `key:"storage.s3.access_key" default:"" help:"Access key ID; set it and storage.s3.secret_key, or neither."`
		S3SecretKey    Secret `key:"storage.s3.secret_key" default:"" help:"Secret of storage.s3.access_key."`
		S3PathStyle    bool   `key:"storage.s3.path_style" default:"false" help:"true: the bucket stands in the path, not in the host name; for MinIO and most servers but Amazon's."`
		S3StorageClass string `key:"storage.s3.storage_class" default:"" help:"Storage class of new objects, e.g. STANDARD_IA; empty: the bucket's."`
		S3SSE          string `key:"storage.s3.sse" default:"" help:"Encryption that the storage does: AES256, aws:kms, or empty: the bucket's."`
		S3KMSKey       string `key:"storage.s3.kms_key" default:"" help:"Key for storage.s3.sse=aws:kms; empty: the bucket's."`

		Mirrors map[string]Secret `key:"storage.mirrors" default:"" help:"More storages that get everything: NAME=https://ACCESS_KEY:SECRET@ENDPOINT/BUCKET/PREFIX?region=…&path_style=true&storage_class=…&sse=…&kms_key=… pairs, separated by spaces."`
	}
	Transcode struct {
		Ladder string `key:"transcode.ladder" list:"," default:"auto" help:"off | auto | rungs such as 720p,480p,360p,audio: heights, or widths of upright pictures."`
		FFmpeg string `key:"transcode.ffmpeg" default:"ffmpeg" help:"The FFmpeg program, 5.1 or later. With transcode.ladder=off it only converts sound that players can't play, and draws pictures."`
	}
	Cost struct {
		Prices         string `key:"cost.prices" default:"" help:"File with the CDNs' prices (YAML); empty: the list prices that come with the program."`
		OriginPerGB    string `key:"cost.origin_per_gb" default:"0" help:"What a gigabyte (1e9 bytes) costs that this server sends itself, e.g. 0.09."`
		Reports        bool   `key:"cost.reports" default:"true" help:"false: what players report (CMCD), which anybody can forge, is left out of the bill and of budgets."`
		BudgetPerHour  string `key:"cost.budget_per_hour" default:"" help:"What an hour of delivery may cost, e.g. 50USD: 80 and 100 % of it raise an alert. Empty: no limit."`
		BudgetPerMonth string `key:"cost.budget_per_month" default:"" help:"The same for a month (UTC)."`
		Webhook        Secret `key:"cost.webhook" default:"" help:"URL that alerts are posted to as JSON; empty: they are logged only."`
		WebhookSecret  Secret `key:"cost.webhook_secret" default:"" help:"Signs the posts, 16 to 256 characters: header X-Lightstick-Signature."`
	}
	Purge struct {
		Targets map[string]Secret `key:"purge.targets" default:"" help:"CDNs that forget what is deleted: NAME=URL pairs, separated by spaces; URLs are cloudfront://ACCESS_KEY:SECRET@DISTRIBUTION, fastly://TOKEN@SERVICE, cloudflare://TOKEN@ZONE, varnish://SECRET@HOST:PORT, or http(s)://…{path}."`
	}
	Steering struct {
		Pathways    map[string]string `key:"steering.pathways" default:"" help:"CDNs that viewers are spread over: NAME=https://HOST?weight=3&countries=KR,JP pairs, separated by spaces; empty: no steering."`
		URL         string            `key:"steering.url" default:"" help:"Public base URL of a server that players ask for steering, which should not lie behind one of the pathways; empty: the host that the playlist came from."`
		TTL         time.Duration     `key:"steering.ttl" default:"30s" help:"How often players ask for steering."`
		Demote      bool              `key:"steering.demote" default:"true" help:"Whether pathways with many errors or stalls in players' reports come last until they have recovered."`
		MinSessions int               `key:"steering.min_sessions" default:"20" help:"Sessions that a pathway must have had within a minute to be judged."`
	}
	CMCD struct {
		Enabled bool `key:"cmcd.enabled" default:"true" help:"Whether players' reports (CMCD) are taken: at POST /cmcd and from media requests. The watch page sends them."`
		Rate    int  `key:"cmcd.rate" default:"50" help:"Reports (POST /cmcd) a second from one address; 0: no limit. Behind a CDN set http.trusted_proxies, or few addresses have many."`
	}
	Chat struct {
		Guests        string            `key:"chat.guests" default:"write" help:"read | write | off: what those who have not signed in may do in chat rooms. Who writes without having chosen a name is called Guest and a number. With read, accounts and tokens of your site are needed to write."`
		RateLimit     string            `key:"chat.rate_limit" default:"5/10s" help:"How many messages one user may write, as N/DURATION; off: no limit, and the same text may be repeated. An address gets ten times as many; hosts and moderators have no limit."`
		RoomRateLimit string            `key:"chat.room_rate_limit" default:"1000/1s" help:"The same for a whole room; off: no limit."`
		SampleAbove   int               `key:"chat.sample_above" default:"100" help:"Messages a second in a room above which everybody is sent a fair sample; 0: always all."`
		TokenKey      Secret            `key:"chat.token_key" default:"" help:"Key that your site signs chat tokens with (JWT, HS256), 32 bytes or more. Several servers need the same. Empty: only tokens of chat.jwks_url and of accounts here."`
		TokenMaxLife  time.Duration     `key:"chat.token_max_life" default:"24h" help:"Longest time that a chat token of your site may hold."`
		JWKSURL       string            `key:"chat.jwks_url" default:"" help:"URL of the public keys of chat tokens (JWT with EdDSA, ES256 or RS256)."`
		TokenIssuer   string            `key:"chat.token_issuer" default:"" help:"What chat tokens must name as their issuer (iss); empty: anything."`
		TokenAudience string            `key:"chat.token_audience" default:"" help:"What chat tokens must name as their audience (aud); empty: anything."`
		Origins       string            `key:"chat.origins" list:" " default:"" help:"Web origins besides this server's own whose pages may chat, e.g. https://fans.example.com, separated by spaces; *: all."`
		Emotes        map[string]string `key:"chat.emotes" default:"" help:"Emotes of the rooms: NAME=https://… pairs, separated by spaces; :NAME: in a message shows the picture."`
		Reactions     string            `key:"chat.reactions" list:" " default:"heart" help:"Reactions besides colours and emotes, names separated by spaces."`
		Words         string            `key:"chat.words" default:"" help:"File with words that no message may hold, a line each, with * for any letters; rooms may have more of their own."`
		Links         string            `key:"chat.links" list:" " default:"on" help:"on | off, or the domains that messages may link to, separated by spaces."`
		Webhook       Secret            `key:"chat.webhook" default:"" help:"URL that is asked about each message before it is published; empty: nobody is."`
		WebhookSecret Secret            `key:"chat.webhook_secret" default:"" help:"Signs what chat.webhook is asked, 16 to 256 characters: header X-Lightstick-Signature."`
		WebhookTime   time.Duration     `key:"chat.webhook_deadline" default:"300ms" help:"How long chat.webhook may take."`
		WebhookFail   string            `key:"chat.webhook_fail" default:"open" help:"open | closed: whether messages pass when chat.webhook does not answer."`
		Retention     time.Duration     `key:"chat.retention" default:"720h" help:"How long messages are kept for replays and moderators; 0: for ever."`
		CDN           bool              `key:"chat.cdn" default:"true" help:"Whether rooms are published as files beside the segments too, for readers without a WebSocket and for replays."`
		ConnectRate   int               `key:"chat.connect_rate" default:"2000" help:"Connections a second that are let in; more wait or are told to come again. 0: no limit."`
		PerAddress    int               `key:"chat.max_per_address" default:"0" help:"Connections from one address at once; 0: no limit. Mobile networks and schools have many people behind one."`
		Drain         time.Duration     `key:"chat.drain" default:"2s" help:"Window over which clients are asked to move when the server stops."`
	}
	Pyroscope struct {
		URL Secret `key:"pyroscope.url" default:"" help:"Pyroscope server to send profiles to; empty: off."`
	}
	Log struct {
		Level  string `key:"log.level" default:"info" help:"debug | info | warn | error."`
		Format string `key:"log.format" default:"text" help:"text | json."`
	}
}
