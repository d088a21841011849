package reaction

import (
	"bytes"
	"encoding/json"

	"github.com/globalfandom/lightstick/chat/message"
)

// MaxCall bounds the bytes of a call.
const MaxCall = 4 << 10

// Call is what a client sends: its taps since the last call.
type Call struct {
	Room   string         `json:"room"`
	Counts map[string]int `json:"counts"`
}

// DecodeCall reads a call. Whether its names and numbers may count, Add decides. The
// error is a [message.Refusal] with CodeBad.
func DecodeCall(data []byte) (Call, error) {
	var call Call
	if len(data) > MaxCall {
		return call, message.Refuse(message.CodeBad, "the reactions are too large")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&call); err != nil || decoder.More() || call.Room == "" {
		return Call{}, message.Refuse(message.CodeBad, "send a JSON object such as {\"room\": \"show\", \"counts\": {\"heart\": 3}}")
	}
	return call, nil
}
