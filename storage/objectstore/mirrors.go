package objectstore

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Mirrors are buckets that stand in the configuration as URLs, by name.
type Mirrors []S3Config

// UnmarshalMap implements setting.MapUnmarshaler.
func (m *Mirrors) UnmarshalMap(values map[string]string) error {
	*m = nil
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		mirror, err := parseMirror(name, values[name])
		if err != nil {
			errs = append(errs, err)
		}
		*m = append(*m, mirror)
	}
	return errors.Join(errs...)
}

var mirrorName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

const mirrorForm = "https://ACCESS_KEY:SECRET@ENDPOINT/BUCKET/PREFIX"

// mirrorParameters are what may follow the question mark.
var mirrorParameters = []string{"region", "path_style", "storage_class", "sse", "kms_key"}

// parseMirror reads the URL of one mirror. Anything in it may be a piece of a secret
// that was not escaped: no error quotes it.
func parseMirror(name, address string) (S3Config, error) {
	if !mirrorName.MatchString(name) {
		return S3Config{}, fmt.Errorf("%q is not a name for a mirror; use 1 to 32 of a-z, 0-9 and '-'", name)
	}
	if name == s3Name {
		return S3Config{}, fmt.Errorf("%s: that is the name of storage.s3; use another", name)
	}
	c := S3Config{Name: name, Keys: "storage.mirrors: " + name}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return c, fmt.Errorf("%s: not a URL like %s; write / in the secret as %%2F, # as %%23 and ? as %%3F", name, mirrorForm)
	}
	c.Endpoint = u.Scheme + "://" + u.Host
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	c.Bucket, c.Prefix = bucket, strings.Trim(prefix, "/")
	if u.User != nil {
		c.AccessKey = u.User.Username()
		secret, _ := u.User.Password()
		c.SecretKey = setting.Secret(secret)
	}
	if err := c.parameters(u.RawQuery); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	setting.FillDefaults(&c)
	c.PathStyle = c.PathStyle || isAddress(c.Endpoint)
	return c, nil
}

func (c *S3Config) parameters(text string) error {
	query, err := url.ParseQuery(text)
	if err != nil {
		return errors.New("what follows the question mark can't be read; use NAME=VALUE pairs joined with &")
	}
	for name, values := range query {
		if !slices.Contains(mirrorParameters, name) || len(values) != 1 {
			return fmt.Errorf("use only %s after the question mark, each once", strings.Join(mirrorParameters, ", "))
		}
	}
	c.Region, c.StorageClass, c.SSE, c.KMSKey = query.Get("region"), query.Get("storage_class"), query.Get("sse"), query.Get("kms_key")
	if style := query.Get("path_style"); style != "" {
		if c.PathStyle, err = strconv.ParseBool(style); err != nil {
			return errors.New("path_style: use true or false")
		}
	}
	return nil
}
