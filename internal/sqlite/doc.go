// Package sqlite opens SQLite databases the way all of ours are opened, and brings
// their schema up to date.
//
// Every database is in WAL mode: readers see what was last committed and never wait
// for the writer, who waits up to BusyTimeout for another writer. Writes survive the
// end of the process, however it comes; the last ones before a power failure may be
// lost (synchronous=NORMAL), the database stays whole.
package sqlite
