// Package objectstore keeps objects by key: in memory, in a directory, or in a bucket of
// an S3-compatible service, behind one interface and one suite of tests (objectstoretest).
// A [Cache] stands between viewers and buckets.
package objectstore
