package transcode

// Settings are transcode.* of the configuration.
type Settings struct {
	Ladder Ladder `key:"transcode.ladder" list:"," default:"auto" help:"off, auto, or rungs such as 720p,480p,360p,audio: heights in pixels, or widths of upright pictures; audio is a variant without video."`
	// FFmpeg is the program.
	FFmpeg string `key:"transcode.ffmpeg" default:"ffmpeg" help:"FFmpeg program, version 5.1 or later. With transcode.ladder=off, it only converts audio that players can't play, and makes thumbnails."`
}
