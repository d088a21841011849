package objectstore

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Settings are storage.* of the configuration, but for what concerns copies.
type Settings struct {
	// Cache bounds what was read back, in bytes.
	Cache   setting.Size `key:"storage.cache" default:"10GB" help:"Disk space for media that was read back from an object storage."`
	S3      S3Config
	Mirrors Mirrors `key:"storage.mirrors" secret:"true" default:"" help:"Further buckets that get a copy of everything: NAME=https://ACCESS_KEY:SECRET@ENDPOINT/BUCKET/PREFIX?region=…&path_style=true&storage_class=…&sse=…&kms_key=… pairs, separated by spaces. Empty: none."`
}

// s3Name is the name of the bucket that storage.s3 sets.
const s3Name = "s3"

// Buckets are that of storage.s3, if it is set, and the mirrors by name.
func (s *Settings) Buckets() []S3Config {
	if s.S3.Bucket == "" {
		return s.Mirrors
	}
	c := s.S3
	c.Name, c.Keys = s3Name, "storage.s3"
	c.Endpoint, c.Prefix = strings.TrimSuffix(c.Endpoint, "/"), strings.Trim(c.Prefix, "/")
	if c.Endpoint == "" {
		c.Endpoint = "https://s3." + c.Region + ".amazonaws.com"
	}
	c.PathStyle = c.PathStyle || isAddress(c.Endpoint)
	return append([]S3Config{c}, s.Mirrors...)
}

// isAddress reports whether an endpoint has no name that a bucket's could stand before.
func isAddress(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && (net.ParseIP(u.Hostname()) != nil || u.Hostname() == "localhost")
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) // Amazon S3, "Bucket naming rules"
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)              // regions and storage classes

	notPrintable = regexp.MustCompile(`[^[:print:]]`)
)

// Validate reports every fault at once. It quotes no value: each may be a piece of a secret that was
// not escaped.
func (s *Settings) Validate() error {
	if s.S3.Bucket == "" && (s.S3.Endpoint != "" || s.S3.AccessKey != "" || s.S3.SecretKey != "") {
		return errors.New("storage.s3.bucket: set it, or none of the other settings of storage.s3")
	}
	var errs []error
	first := make(map[[3]string]string)
	for _, c := range s.Buckets() {
		if c.Bucket != "" && !bucketName.MatchString(c.Bucket) || strings.Contains(c.Bucket, "..") {
			errs = append(errs, fmt.Errorf("%s: not the name of a bucket; use 3 to 63 of a-z, 0-9, '-' and '.'", c.key("bucket")))
		}
		if !plainWord.MatchString(c.Region) {
			errs = append(errs, fmt.Errorf("%s: not a region; use one such as us-east-1", c.key("region")))
		}
		errs = append(errs, c.validate())
		place := [3]string{c.Endpoint, c.Bucket, c.Prefix}
		if other, taken := first[place]; taken {
			errs = append(errs, fmt.Errorf("%s: is the same place as %s; use another bucket or prefix", c.Keys, other))
		}
		first[place] = c.Keys
	}
	return errors.Join(errs...)
}
