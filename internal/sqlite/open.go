package sqlite

import (
	"database/sql"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// BusyTimeout is how long a statement waits for another connection's write.
const BusyTimeout = 5 * time.Second

// Open opens the database file, and makes it if it isn't there. It touches the file
// only when a connection is first used. Pragmas such as "secure_delete(ON)" are set
// on every connection.
func Open(path string, pragmas ...string) (*sql.DB, error) {
	query := url.Values{
		"_pragma": append([]string{"journal_mode(WAL)", "busy_timeout(5000)", "synchronous(NORMAL)"}, pragmas...),
		// A transaction that reads first and writes then would fail where another has
		// written in between; one that begins as a writer waits.
		"_txlock": {"immediate"},
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
}
