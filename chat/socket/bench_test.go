package socket

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/centrifugal/centrifuge"
)

// BenchmarkFanout writes batches to members whose connections are local sockets that
// nobody reads fast: most of what it measures is the kernel's work.
func BenchmarkFanout(b *testing.B) {
	for _, messages := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d messages", messages), func(b *testing.B) {
			members := localMembers(b, 200)
			data := []byte(`{"id":"d0f3k2c9q0s7","text":"hello hello hello hello","at":1,"user":{"id":"u","name":"Mina","role":"guest"},"sent":1}`)
			var all []*publication
			for i := range messages {
				all = append(all, &publication{&centrifuge.Publication{Data: data, Offset: uint64(i + 1)}, centrifuge.StreamPosition{Offset: uint64(i + 1)}, uint64(i + 1), time.Time{}})
			}
			b.ReportAllocs()
			for b.Loop() {
				write(newBatch("chat:show", all), members)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(members)*messages), "ns/delivery")
		})
	}
}

// localMembers are connected to a goroutine each that throws away what it reads.
func localMembers(b *testing.B, n int) (members []*member) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for range n {
		there, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		here, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _, _ = here.Close(), there.Close() })
		go func() {
			waste := make([]byte, 64<<10)
			for {
				if _, err := there.Read(waste); err != nil {
					return
				}
			}
		}()
		o := newOutbox(here, 64<<20, func(f func()) { go f() })
		members = append(members, &member{transport: &transport{outbox: o, encoding: jsonEncoding}})
	}
	return members
}
