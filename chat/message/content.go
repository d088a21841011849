package message

import "encoding/json"

// Content is what a publication of a room's channel says: a message, or an event. It is
// shared, and must not be changed.
type Content struct {
	// Kind is "" for a message, else the event's type; Unreadable if it can't be read.
	Kind string
	// At is the program date time in ms; 0: the content is of no picture.
	At      int64
	Message *Message // of Kind ""
	Delete  *Delete  // of TypeDelete
}

// Unreadable is the Kind of what is neither a message nor an event.
const Unreadable = "?"

// Encode encodes a message or an event, which is one of this package's, for its
// publication, and tells its content.
func Encode(event any) ([]byte, Content, error) {
	data, err := json.Marshal(event)
	if err != nil {
		return nil, Content{Kind: Unreadable}, err
	}
	switch e := event.(type) {
	case Message:
		return data, Content{At: e.At, Message: &e}, nil
	case Delete:
		return data, Content{Kind: TypeDelete, Delete: &e}, nil
	case Room:
		return data, Content{Kind: TypeRoom}, nil
	case Wave:
		return data, Content{Kind: TypeWave, At: e.At}, nil
	}
	return data, Read(data), nil
}

// Read decodes a publication that was made elsewhere: a message once, an event at most
// twice, since a Delete names its user otherwise than a Message.
func Read(data []byte) Content {
	unreadable := Content{Kind: Unreadable}
	if len(data) == 0 || data[0] != '{' {
		return unreadable
	}
	var read struct {
		Type string `json:"type"`
		Message
	}
	err := json.Unmarshal(data, &read)
	switch {
	case read.Type == "" && err != nil:
		return unreadable
	case read.Type == "":
		return Content{At: read.At, Message: &read.Message}
	case read.Type != TypeDelete:
		return Content{Kind: read.Type, At: read.At} // it may have fields of other types than a message's
	}
	var d Delete
	if json.Unmarshal(data, &d) != nil {
		return unreadable
	}
	return Content{Kind: TypeDelete, At: read.At, Delete: &d}
}

// Fixed tells whether everybody gets the publication, however much is written: an event,
// an announcement, or what somebody says who moderates.
func (c *Content) Fixed() bool {
	return c.Kind != "" || c.Message.Announcement || c.Message.User.Role.Moderates()
}

// Kind tells what the publication is: "" is a Message.
func Kind(data []byte) string { return Read(data).Kind }
