package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// S3 is a place in an object storage that finished media goes to.
type S3 struct {
	Name         string // for people, logs and metrics; unique
	Keys         string // what sets it, for messages: "storage.s3", "storage.mirrors tokyo"
	Endpoint     string // base URL, without the bucket
	Bucket       string
	Region       string
	Prefix       string // begins every object's key; "" or without slashes at its ends
	AccessKey    string // "" if and only if SecretKey is
	SecretKey    Secret
	PathStyle    bool   // the bucket stands in the path, not in the host name
	StorageClass string // "": the bucket's
	SSE          string // "", "AES256" or "aws:kms"
	KMSKey       string // with aws:kms; "": the bucket's
}

// s3Name is the name of the target that storage.s3 sets.
const s3Name = "s3"

// Targets are storage.s3, if its bucket is set, and the mirrors by name. The errors
// never show a secret.
func (c *Config) Targets() ([]S3, error) {
	var targets []S3
	var errs []error
	if s := c.s3(); s.Bucket != "" {
		errs = append(errs, s.validate())
		targets = append(targets, s)
	} else if s.Endpoint != "" || s.AccessKey != "" || s.SecretKey != "" {
		errs = append(errs, errors.New("storage.s3.bucket: must be set for the other settings of storage.s3 to mean anything"))
	}
	mirrors, err := c.Mirrors()
	targets = append(targets, mirrors...)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return targets, distinct(targets)
}

// distinct refuses two targets that would write the same objects.
func distinct(targets []S3) error {
	first := make(map[[3]string]string)
	for _, t := range targets {
		place := [3]string{t.Endpoint, t.Bucket, t.Prefix}
		if other, taken := first[place]; taken {
			return fmt.Errorf("%s: is the same place as %s; use another bucket or prefix", t.Keys, other)
		}
		first[place] = t.Keys
	}
	return nil
}

func (c *Config) s3() S3 {
	s := &c.Storage
	return S3{
		Name: s3Name, Keys: "storage.s3",
		Endpoint: endpoint(s.S3Endpoint, s.S3Bucket, s.S3Region), Bucket: s.S3Bucket, Region: s.S3Region,
		Prefix: strings.Trim(s.S3Prefix, "/"), AccessKey: s.S3AccessKey, SecretKey: s.S3SecretKey,
		PathStyle: s.S3PathStyle, StorageClass: s.S3StorageClass, SSE: s.S3SSE, KMSKey: s.S3KMSKey,
	}
}

// endpoint is the one that is set, or for a bucket without one Amazon's.
func endpoint(set, bucket, region string) string {
	if set == "" && bucket != "" {
		return "https://s3." + region + ".amazonaws.com"
	}
	return strings.TrimSuffix(set, "/")
}

// Mirrors are the targets of storage.mirrors, by name. The errors never show a secret.
func (c *Config) Mirrors() ([]S3, error) {
	var targets []S3
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Storage.Mirrors)) {
		target, err := parseMirror(name, string(c.Storage.Mirrors[name]))
		targets = append(targets, target)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return targets, nil
}

var (
	mirrorName   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	bucketName   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) // Amazon S3, "Bucket naming rules"
	plainWord    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)              // regions and storage classes
	notPrintable = regexp.MustCompile(`[^[:print:]]`)
)

const mirrorForm = "https://ACCESS_KEY:SECRET@ENDPOINT/BUCKET/PREFIX"

// mirrorParameters are what may follow the question mark.
var mirrorParameters = []string{"region", "path_style", "storage_class", "sse", "kms_key"}

// parseMirror reads the URL of one mirror. Anything in it may be a piece of a secret
// that was not escaped: no error quotes it.
func parseMirror(name, address string) (S3, error) {
	if !mirrorName.MatchString(name) {
		return S3{}, fmt.Errorf("storage.mirrors: %q is not a name for a mirror; use 1 to 32 of a-z, 0-9 and '-'", name)
	}
	t := S3{Name: name, Keys: "storage.mirrors " + name}
	if name == s3Name {
		return S3{}, fmt.Errorf("%s: that is the name of storage.s3; use another", t.Keys)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return S3{}, fmt.Errorf("%s: not a URL like %s; write / in the secret as %%2F, # as %%23 and ? as %%3F", t.Keys, mirrorForm)
	}
	t.Endpoint = u.Scheme + "://" + u.Host
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	t.Bucket, t.Prefix = bucket, strings.Trim(prefix, "/")
	if u.User != nil {
		t.AccessKey = u.User.Username()
		secret, _ := u.User.Password()
		t.SecretKey = Secret(secret)
	}
	if err := t.parameters(u.RawQuery); err != nil {
		return S3{}, err
	}
	return t, t.validate()
}

func (s *S3) parameters(text string) error {
	query, err := url.ParseQuery(text)
	if err != nil {
		return fmt.Errorf("%s: what follows the question mark can't be read; use NAME=VALUE pairs joined with &", s.Keys)
	}
	for name, values := range query {
		if !slices.Contains(mirrorParameters, name) || len(values) != 1 {
			return fmt.Errorf("%s: use only %s after the question mark, each once", s.Keys, strings.Join(mirrorParameters, ", "))
		}
	}
	s.Region, s.StorageClass, s.SSE, s.KMSKey = query.Get("region"), query.Get("storage_class"), query.Get("sse"), query.Get("kms_key")
	if s.Region == "" {
		s.Region = defaultRegion
	}
	if style := query.Get("path_style"); style != "" {
		if s.PathStyle, err = strconv.ParseBool(style); err != nil {
			return fmt.Errorf("%s: path_style: use true or false", s.Keys)
		}
	}
	return nil
}

// defaultRegion is what servers that know no regions expect in signatures.
const defaultRegion = "us-east-1"

// maxPrefix bounds a prefix, in bytes: object keys end at 1024 (Amazon S3).
const maxPrefix = 512

// validate reports everything that can't work, without quoting it.
func (s *S3) validate() error {
	var errs []error
	check := func(ok bool, field, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s", s.key(field), want))
		}
	}
	u, err := url.Parse(s.Endpoint)
	check(err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == "",
		"endpoint", "not a URL such as https://s3.example.com")
	check(bucketName.MatchString(s.Bucket) && !strings.Contains(s.Bucket, ".."),
		"bucket", "not the name of a bucket; use 3 to 63 of a-z, 0-9, '-' and '.'")
	check(plainWord.MatchString(s.Region), "region", "not a region such as us-east-1")
	check(len(s.Prefix) <= maxPrefix && !notPrintable.MatchString(s.Prefix) && !dotted(s.Prefix),
		"prefix", fmt.Sprintf("use at most %d printable ASCII characters, and neither empty elements nor . or ..", maxPrefix))
	check((s.AccessKey == "") == (s.SecretKey == ""), "access_key, secret_key", "set both or neither")
	check(s.StorageClass == "" || plainWord.MatchString(s.StorageClass), "storage_class", "not a storage class such as STANDARD_IA")
	check(s.SSE == "" || s.SSE == "AES256" || s.SSE == "aws:kms", "sse", "use AES256, aws:kms or nothing")
	check(s.KMSKey == "" || s.SSE == "aws:kms", "kms_key", "needs sse to be aws:kms")
	return errors.Join(errs...)
}

// key names a field as the operator wrote it.
func (s *S3) key(field string) string {
	if s.Name == s3Name {
		return s.Keys + "." + field
	}
	return s.Keys + ": " + field
}

// dotted reports elements that a URL or a file system would not keep as they are.
func dotted(prefix string) bool {
	if prefix == "" {
		return false
	}
	for element := range strings.SplitSeq(prefix, "/") {
		if element == "" || element == "." || element == ".." {
			return true
		}
	}
	return false
}
