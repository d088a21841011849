package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/chat/store"
)

// chatStore opens what the chat has kept in the data directory. A server may be
// running on it.
func (c common) chatStore(ctx context.Context) (*store.SQLite, error) {
	if err := c.mustBeServed(); err != nil {
		return nil, err
	}
	path := filepath.Join(c.Data, store.FileName)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no chat messages are stored here (%w); name the server's data directory with --data DIR", err)
	}
	return store.Open(ctx, c.Data)
}

type chatExport struct {
	common `embed:""`
	Room   string `arg:"" optional:"" help:"Room: the ID of its stream. Optional with --user."`
	User   string `help:"Only messages of this user. Without a room: everything stored about them." placeholder:"ID"`
	From   moment `help:"Program date time of the first message, such as 2026-11-23T20:15:00Z." placeholder:"TIME"`
	To     moment `help:"Program date time to end at." placeholder:"TIME"`
	All    bool   `help:"Include deleted messages, messages that only their authors saw, and events."`
}

func (c *chatExport) Run(ctx context.Context, out io.Writer) error {
	if c.Room == "" && c.User == "" {
		return usageError("nothing to export; name a room, or a user with --user ID")
	}
	kept, err := c.chatStore(ctx)
	if err != nil {
		return err
	}
	defer kept.Close()
	if c.Room == "" {
		_, err := store.ExportUser(ctx, kept, c.User, out)
		return err
	}
	_, err = store.Export(ctx, kept, c.Room, store.Query{
		User: c.User, From: time.Time(c.From), To: time.Time(c.To), Deleted: c.All, Shadow: c.All, Events: c.All,
	}, out)
	return err
}

type chatErase struct {
	common `embed:""`
	User   string `arg:"" help:"User ID, from an export or 'lightstick chat account list'."`
	JSON   bool   `help:"Print the report as JSON."`
	Yes    bool   `short:"y" help:"Don't ask first."`
}

func (c *chatErase) Run(ctx context.Context, out io.Writer) error {
	kept, err := c.chatStore(ctx)
	if err != nil {
		return err
	}
	defer kept.Close()
	if !c.Yes && isTerminal(os.Stdin) && !confirmed(os.Stdin, out, []string{"everything stored about " + c.User}) {
		return errors.New("nothing was erased")
	}
	report, err := kept.Erase(ctx, c.User)
	if err != nil {
		return fmt.Errorf("erasing %s stopped half-way: %w; run the command again", c.User, err)
	}
	if c.JSON {
		return printJSON(out, report)
	}
	return printErasure(out, &report)
}

func printErasure(out io.Writer, e *store.Erasure) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	account := "none"
	if e.Account {
		account = "deleted"
	}
	fmt.Fprintf(w, "messages\t%d deleted\n", e.Messages)
	fmt.Fprintf(w, "quotes and mentions\t%d removed\n", e.Rewritten)
	fmt.Fprintf(w, "audit log\t%d entries made anonymous\n", e.Audit)
	fmt.Fprintf(w, "sanctions\t%d kept, now for %s\n", e.Sanctions, e.Pseudonym)
	fmt.Fprintf(w, "account\t%s\n", account)
	if err := w.Flush(); err != nil {
		return err
	}
	if e.LogKept {
		fmt.Fprintln(out, "\nchat.db-wal may hold copies until the server has merged it into the database.")
	}
	return printSpans(out, e.Spans)
}

// printSpans says where it was written what the store doesn't hold.
func printSpans(out io.Writer, spans []store.Span) error {
	if len(spans) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\nThe server also removes the messages from recordings, within minutes or after the broadcast. They were written at:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ROOM\tFROM (UTC)\tTO")
	for _, s := range spans {
		fmt.Fprintf(w, "%s\t%s\t%s\n", printable(s.Room), s.SentFrom.UTC().Format(time.DateTime), s.SentTo.UTC().Add(time.Second).Format(time.DateTime))
	}
	return w.Flush()
}

type chatPrune struct {
	common  `embed:""`
	Before  moment `help:"Delete messages written before this time, such as 2026-11-23T20:15:00Z. Default: chat.retention ago." placeholder:"TIME"`
	Compact bool   `help:"Then rewrite the database file, so that it shrinks. Needs as much free disk space as the file has; new messages wait meanwhile."`
}

func (c *chatPrune) Run(ctx context.Context, out io.Writer) error {
	before, err := c.before()
	if err != nil {
		return err
	}
	kept, err := c.chatStore(ctx)
	if err != nil {
		return err
	}
	defer kept.Close()
	n, err := store.PruneAll(ctx, kept, before)
	fmt.Fprintf(out, "deleted %d messages, events, audit entries and ended sanctions from before %s (UTC)\n", n, before.UTC().Format(time.DateTime))
	if err != nil || !c.Compact {
		return err
	}
	was, is, err := kept.Compact(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s shrank from %s to %s\n", store.FileName, humanSize(was), humanSize(is))
	return err
}

// before is the time up to which messages go.
func (c *chatPrune) before() (time.Time, error) {
	if before := time.Time(c.Before); !before.IsZero() {
		return before, nil
	}
	loaded, err := c.load()
	if err != nil {
		return time.Time{}, err
	}
	if loaded.Chat.Kept.Retention <= 0 {
		return time.Time{}, errors.New("chat.retention is 0, which keeps everything; name a time with --before TIME")
	}
	return time.Now().Add(-loaded.Chat.Kept.Retention), nil
}
