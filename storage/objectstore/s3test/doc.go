// Package s3test runs a real S3 server for tests, versitygw, and a proxy before it
// that fails on demand.
package s3test
