// Package objectstore keeps objects by key: in a bucket of an S3-compatible service, or in
// memory for tests, behind one interface and one suite of tests (objectstoretest). A [Cache]
// stands between viewers and buckets.
package objectstore
