package edge

import (
	"fmt"
	"time"
)

// cachingDisabled is the ID of AWS's managed cache policy of that name ("Use managed
// cache policies", Amazon CloudFront Developer Guide).
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

// CachingDisabled is cachingDisabled, for the template.
func (*values) CachingDisabled() string { return cachingDisabled }

// behavior is what CloudFront does with the paths of a pattern.
type behavior struct {
	Pattern  string
	Cache    string // YAML: the policy, or an ID
	Requests string // the resource that says what the origin is told
	Methods  string // YAML
	Compress bool
}

// Behaviors are in the order in which CloudFront looks through them. It does so by the
// viewer's address, token included.
func (*values) Behaviors() []behavior {
	read := "[GET, HEAD, OPTIONS]"
	return []behavior{
		{"/live/*/steering.json", cachingDisabled, "OwnRequests", read, true},
		{"/t/*/steering.json", cachingDisabled, "OwnRequests", read, true},
		{"/live/*.m3u8", "{Ref: PlaylistCache}", "SharedRequests", read, true},
		{"/live/*/chat/index.json", "{Ref: PlaylistCache}", "SharedRequests", read, true},
		{"/t/*.m3u8", "{Ref: PlaylistCache}", "SharedRequests", read, true},
		{"/t/*/chat/index.json", "{Ref: PlaylistCache}", "SharedRequests", read, true},
		{"/live/*", "{Ref: MediaCache}", "SharedRequests", read, false},
		{"/t/*", "{Ref: MediaCache}", "SharedRequests", read, false},
		{"/static/*", "{Ref: MediaCache}", "SharedRequests", read, true},
	}
}

// errorLife is how long CloudFront keeps errors of a status at least.
type errorLife struct{ Code, Seconds int }

// Errors are all that CloudFront keeps ("HTTP status codes that CloudFront caches").
func (*values) Errors() (list []errorLife) {
	for _, code := range []int{400, 403, 404, 405, 414, 416} {
		list = append(list, errorLife{code, 1})
	}
	for _, code := range []int{500, 501, 502, 503, 504} {
		list = append(list, errorLife{code, 0})
	}
	return list
}

// maxCloudFrontHold is the most that CloudFront waits for an answer without a higher
// quota ("Response timeout", Amazon CloudFront Developer Guide).
const maxCloudFrontHold = 60 * time.Second

// supportsCloudFront refuses what CloudFront can't do.
func supportsCloudFront(o *Options, origin address) error {
	refuse := func(text string) error { return fmt.Errorf("%w: %s", errOption, text) }
	switch {
	case o.Verify == VerifyOrigin:
		return refuse("a CloudFront function can't ask the origin for its verdict: use --verify native with HS256 keys")
	case !origin.IsName():
		return refuse("CloudFront takes a name for the origin, not an address: give --origin https://NAME")
	case o.hold() > maxCloudFrontHold:
		return refuse(fmt.Sprintf("CloudFront waits %v for an answer, and the origin holds requests longer with such segments: use a --segment-duration of 10s or less", maxCloudFrontHold))
	case o.TLSCert != "":
		return refuse("CloudFront's certificates are in AWS Certificate Manager: leave out --tls-cert and give the template CertificateArn")
	}
	return nil
}
