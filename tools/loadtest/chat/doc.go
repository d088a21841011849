// Package chat fills chat rooms with many connections, writes in them and reports what
// arrived. It works with every server of the centrifuge protocol in JSON over WebSocket.
//
// [Run] counts for each reader which messages of each publisher came, came late, came twice
// or never came, and measures how long connecting, answers and deliveries take. The tool
// shares the machine with the server when servers are compared: on Linux a few goroutines
// read all sockets by epoll, and a message is recognised without decoding it.
package chat
