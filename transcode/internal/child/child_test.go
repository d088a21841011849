package child

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func silent(context.Context, io.Writer) error { return nil }

func discard(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }

// What is fed comes back, on two outputs.
func TestBytesGoThrough(t *testing.T) {
	long := bytes.Repeat([]byte("lightstick"), 100_000)
	var first, second []byte
	err := Job{
		Program: "sh", Args: []string{"-c", "cat <&3; cat <&4 >&5"}, Stall: 10 * time.Second,
		Feeds: []func(context.Context, io.Writer) error{
			func(_ context.Context, w io.Writer) error { _, err := w.Write(long); return err },
			func(_ context.Context, w io.Writer) error { _, err := w.Write(long[1:]); return err },
		},
		Reads: []func(io.Reader) error{
			func(r io.Reader) (err error) { first, err = io.ReadAll(r); return err },
			func(r io.Reader) (err error) { second, err = io.ReadAll(r); return err },
		},
	}.Run(context.Background())
	if err != nil || !bytes.Equal(first, long) || !bytes.Equal(second, long[1:]) {
		t.Errorf("%d and %d bytes, %v", len(first), len(second), err)
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name, script string
		feed         func(context.Context, io.Writer) error
		read         func(io.Reader) error
		want         error
		says         string
	}{
		{"of the program", "echo one >&2; echo two >&2; exit 3", silent, discard, nil, "exit status 3: one; two"},
		{"of a feed", "cat <&3", func(context.Context, io.Writer) error { return broken }, discard, broken, ""},
		{"of a reader", "cat /dev/zero", silent, func(io.Reader) error { return broken }, broken, ""},
		{"silence", "sleep 60", silent, discard, ErrStalled, ""},
		{"no appetite", "sleep 60", func(_ context.Context, w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return err }, discard, ErrStalled, ""},
		{"input left over", "exit 0", func(_ context.Context, w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return err }, discard, nil, ""},
		{"many words", "yes loud | head -c 3000000 >&2; exit 1", silent, discard, nil, "loud; loud"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Job{
				Program: "sh", Args: []string{"-c", tt.script + "; exit $?"}, Stall: 2 * time.Second,
				Feeds: []func(context.Context, io.Writer) error{tt.feed}, Reads: []func(io.Reader) error{tt.read},
			}.Run(context.Background())
			ok := tt.want == nil && tt.says == "" && err == nil ||
				tt.want != nil && errors.Is(err, tt.want) ||
				tt.says != "" && err != nil && strings.Contains(err.Error(), tt.says)
			if !ok {
				t.Errorf("%v", err)
			}
		})
	}
	if err := (Job{Program: "/nonexistent"}).Run(context.Background()); !errors.Is(err, ErrStart) {
		t.Error(err)
	}
}

func TestContextEndsIt(t *testing.T) {
	enough := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(context.Background(), 100*time.Millisecond, enough)
	defer cancel()
	err := Job{
		Program: "cat", Args: []string{"/dev/zero"}, Stall: time.Minute,
		Reads: []func(io.Reader) error{discard},
	}.Run(ctx)
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

// A feed may take its time: the program isn't to blame, though another feed waits.
func TestSlowSource(t *testing.T) {
	err := Job{
		Program: "sh", Args: []string{"-c", "cat <&4 >&2; cat <&3 >/dev/null"}, Stall: time.Second,
		Feeds: []func(context.Context, io.Writer) error{
			func(_ context.Context, w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return err },
			func(_ context.Context, w io.Writer) error {
				time.Sleep(2500 * time.Millisecond) // a storage far away
				_, err := io.WriteString(w, "here")
				return err
			},
		},
		Reads: []func(io.Reader) error{discard},
	}.Run(context.Background())
	if err != nil {
		t.Error(err)
	}
}

// The program ends while its feed waits for more, and leaves a child that holds its pipes.
func TestFeedIsToldOfTheEnd(t *testing.T) {
	var lines []string
	err := Job{
		Program: "sh", Args: []string{"-c", "echo one >&2; sleep 60 & exit 0"}, Stall: time.Minute, WidePipes: true,
		Feeds: []func(context.Context, io.Writer) error{
			func(ctx context.Context, _ io.Writer) error { <-ctx.Done(); return nil },
		},
		Reads: []func(io.Reader) error{discard},
		Line:  func(line string) { lines = append(lines, line) },
	}.Run(context.Background())
	if err != nil || len(lines) != 1 || lines[0] != "one" {
		t.Errorf("%v; lines %q", err, lines)
	}
}
