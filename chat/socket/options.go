package socket

import (
	"time"

	"github.com/centrifugal/centrifuge"
)

// Tune sets how the library writes what does not go through a [Fanout], which is
// little: by timers, since they cost no goroutine, and any number of messages to a
// frame. Answers do not wait, and a Fanout needs to see them.
func Tune(reply *centrifuge.ConnectReply) {
	reply.WriteDelay, reply.WriteWithTimer, reply.MaxMessagesInFrame = 5*time.Millisecond, true, -1
	reply.ReplyWithoutQueue = true
}
