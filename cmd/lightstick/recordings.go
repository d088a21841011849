package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/control"
)

type recordingsCommands struct {
	List   recordingsList   `cmd:"" help:"List recordings, the newest first."`
	Show   recordingsShow   `cmd:"" help:"Show a recording and its URLs."`
	Delete recordingsDelete `cmd:"" help:"Delete recordings permanently. Asks first on a terminal."`
	Export recordingsExport `cmd:"" help:"Convert a recording to MP4, and download it or print its URL."`
	Clip   recordingsClip   `cmd:"" help:"Save a part of a recording or of a live stream as a new recording."`
}

// recordingPath is where the API has a recording.
func recordingPath(id string) string { return "/recordings/" + url.PathEscape(id) }

type recordingsList struct {
	remote `embed:""`
	Stream string `help:"Only recordings of this stream." placeholder:"STREAM"`
	JSON   bool   `help:"Print JSON, as the API does."`
}

func (c *recordingsList) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	var recordings []control.RecordingView
	if err := api.call(ctx, http.MethodGet, "/recordings?stream="+url.QueryEscape(c.Stream), nil, &recordings); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, recordings)
	}
	return printRecordings(out, recordings)
}

func printJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false) // addresses hold &
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// printRecordings writes a table. The title comes last: its letters may be wider than
// one column.
func printRecordings(out io.Writer, recordings []control.RecordingView) error {
	if len(recordings) == 0 {
		_, err := fmt.Fprintln(out, "no recordings; 'lightstick stream set STREAM --record on' records a stream")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTREAM\tSTART\tDURATION\tSIZE\tEXPIRES\tMP4\tTITLE")
	for _, r := range recordings {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.ID), r.Stream, humanTime(r.Start, "-"),
			lengthOf(&r), humanSize(r.Size), humanTime(r.Expires, "never"), mp4State(&r), printable(r.Title))
	}
	return w.Flush()
}

func lengthOf(r *control.RecordingView) string {
	return humanDuration(time.Duration(r.DurationMS) * time.Millisecond)
}

// mp4State is the state of the MP4 in one word.
func mp4State(r *control.RecordingView) string {
	switch {
	case r.Export != nil && r.Export.State == stateRunning:
		return fmt.Sprintf("%.0f %%", r.Export.Progress*100)
	case len(r.Movies()) > 1:
		return fmt.Sprintf("%d files", len(r.Movies()))
	case r.MP4 != "":
		return "yes"
	case r.Export != nil && r.Export.State == stateFailed:
		return stateFailed
	}
	return "-"
}

type recordingsShow struct {
	remote `embed:""`
	ID     string `arg:"" help:"Recording ID, from 'lightstick recordings list'."`
	JSON   bool   `help:"Print JSON, as the API does."`
}

func (c *recordingsShow) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	var r control.RecordingView
	if err := api.call(ctx, http.MethodGet, recordingPath(c.ID), nil, &r); err != nil {
		return named(c.ID, err)
	}
	if c.JSON {
		return printJSON(out, r)
	}
	return printRecording(out, &r)
}

// named says which of several recordings an answer is about; that nobody answers is
// about none of them.
func named(id string, err error) error {
	if hasStatus(err, http.StatusNotFound) {
		return fmt.Errorf("%s: no such recording; 'lightstick recordings list' shows all", id)
	}
	return err
}

func printRecording(out io.Writer, r *control.RecordingView) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	mp4 := r.URLs.Movies()
	if mp4 == nil {
		mp4 = []string{mp4State(r)}
	}
	for _, line := range [][2]string{
		{"recording", r.ID}, {"stream", string(r.Stream)}, {"title", r.Title}, {"clip of", r.ClipOf},
		{"start", humanTime(r.Start, "-")}, {"end", humanTime(r.End, "-")}, {"duration", lengthOf(r)},
		{"size", humanSize(r.Size)}, {"expires", humanTime(r.Expires, "never")},
		{"watch", r.URLs.Watch}, {"hls", r.URLs.HLS}, {"mp4", strings.Join(mp4, "  ")},
		{"poster", r.URLs.Poster}, {"storyboard", r.URLs.Storyboard},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], printable(line[1]))
		}
	}
	return w.Flush()
}

type recordingsDelete struct {
	remote `embed:""`
	IDs    []string `arg:"" name:"id" help:"Recording IDs, from 'lightstick recordings list'."`
	Yes    bool     `short:"y" help:"Don't ask first."`
}

func (c *recordingsDelete) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if !c.Yes && isTerminal(os.Stdin) && !confirmed(os.Stdin, out, c.IDs) {
		return errors.New("nothing was deleted")
	}
	var errs []error
	for _, id := range c.IDs {
		err := api.call(ctx, http.MethodDelete, recordingPath(id), nil, nil)
		if err == nil {
			fmt.Fprintln(out, "deleted", printable(id))
			continue
		}
		errs = append(errs, named(id, err))
		if answer := (*apiError)(nil); !errors.As(err, &answer) || answer.status == http.StatusUnauthorized {
			break // it would be the same for the others
		}
	}
	return errors.Join(errs...)
}

// confirmed asks whether to delete what is named.
func confirmed(in io.Reader, out io.Writer, names []string) bool {
	fmt.Fprintf(out, "Delete %s permanently? [y/N] ", printable(strings.Join(names, ", ")))
	answer, _ := bufio.NewReader(in).ReadString('\n') // an early end is a no
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// moment is a time on the command line.
type moment time.Time

// UnmarshalText reads RFC 3339.
func (m *moment) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time; use one like 2026-11-23T20:15:00Z or 2026-11-24T05:15:00.5+09:00", text)
	}
	*m = moment(t)
	return nil
}

type recordingsClip struct {
	remote `embed:""`
	Source string `arg:"" name:"id|stream" help:"Recording ID, or the ID of a live stream."`
	Start  moment `required:"" help:"Program date time at which the clip starts, such as 2026-11-23T20:15:00Z." placeholder:"TIME"`
	End    moment `required:"" help:"Program date time at which the clip ends." placeholder:"TIME"`
	Title  string `help:"Title. Default: made from the title of the source."`
}

func (c *recordingsClip) Run(ctx context.Context, out io.Writer) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	// IDs of recordings and streams may look alike: the server knows which it is.
	path := recordingPath(c.Source)
	err = api.call(ctx, http.MethodGet, path, nil, nil)
	if hasStatus(err, http.StatusNotFound) {
		path = "/streams/" + url.PathEscape(c.Source)
	} else if err != nil {
		return err
	}
	var made control.RecordingView
	span := control.ClipBody{Start: time.Time(c.Start), End: time.Time(c.End), Title: c.Title}
	if err := api.call(ctx, http.MethodPost, path+"/clips", span, &made); err != nil {
		return fmt.Errorf("%s: %w", c.Source, err)
	}
	return printRecording(out, &made)
}
