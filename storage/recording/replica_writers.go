package recording

// replicaWriters copy one broadcast to all replicas.
type replicaWriters []replicaWriter

// replicaWriter is a writer, and the name of the replica that it belongs to.
type replicaWriter struct {
	ReplicaWriter
	replica string
}

// each tells all writers something.
func (ws replicaWriters) each(tell func(ReplicaWriter)) {
	for _, w := range ws {
		tell(w)
	}
}

func (ws replicaWriters) close() { ws.each(ReplicaWriter.Close) }

// allHandled reports whether no writer needs a segment any more.
func (ws replicaWriters) allHandled(rendition string, msn int64) bool {
	for _, w := range ws {
		if w.NextUnhandled(rendition) <= msn {
			return false
		}
	}
	return true
}

// allLost reports whether all writers have given a segment up.
func (ws replicaWriters) allLost(rendition string, msn int64) bool {
	for _, w := range ws {
		if !w.Lost(rendition, msn) {
			return false
		}
	}
	return len(ws) > 0
}
