package sign

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// akamaiKey and fastlyKey are the examples of the pages that the table names.
const (
	akamaiKey = "aabbccddeeff00112233445566778899"
	fastlyKey = "iqFPeN2u+Z0Lm5IrsKaOFKRqEU5Gw8ePtaEkHZWuD24="
)

func signer(t *testing.T, scheme, key string) Signer {
	t.Helper()
	s, err := New(scheme, []byte(key+"\n"), "PK12345EXAMPLE")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unix(s int64) time.Time { return time.Unix(s, 0) }

// TestKnownAnswers compares with what the CDNs' documentation and own programs say.
func TestKnownAnswers(t *testing.T) {
	const (
		show  = "https://cdn.example.com/live/show/index.m3u8"
		bunny = "https://token-tester.b-cdn.net/live/show/index.m3u8"
		v4    = "203.0.113.7"
	)
	tests := []struct {
		name, scheme, key string
		request           Request
		want              string
		reach             Reach
	}{
		// The key, the address and the answer were the example of "Restricting Access to
		// Private Content" in the CloudFront developer guide of 2012; today kept by
		// https://github.com/maxnachlinger/cloudfront-private-url-creator (tests).
		{"CloudFront, canned", "cloudfront-canned", examplePEM(t),
			Request{URL: "http://d604721fxaaqy9.cloudfront.net/horizon.jpg?large=yes&license=yes", Expires: unix(1325376000)},
			"http://d604721fxaaqy9.cloudfront.net/horizon.jpg?large=yes&license=yes&Expires=1325376000" +
				"&Signature=hO7oLKtCJQzsopeEB3nldOp2PvcVOoa9hdIhxP0y1tNUTEKVV3YhCFG-VCGZXDPbSQJnSoztS7j1w5s6GNorvgP4zG3P0WL9c5xBw0WwB8YHnmcvh8PYJ8nNm-CuHkCbuSkOCM2j87bglM1b1mb6XD6Jh4Ot9jb87NR9D1FSB6k_" +
				"&Key-Pair-Id=PK12345EXAMPLE", File},
		// https://github.com/akamai/EdgeAuth-Token-Python: what its generate_acl_token
		// says for this key, time and ACL; the second with ip and session_id.
		{"Akamai", "akamai", akamaiKey, Request{URL: show, Begin: unix(1795435200), Expires: unix(1795438800)},
			show + "?hdnts=st=1795435200~exp=1795438800~acl=/live/show/*~hmac=acdbf4fe660ad0343a895b775c6adf1083b8be7ac70707819cae6a2e3a7448a4", Query},
		{"Akamai, viewer and session", "akamai", akamaiKey,
			Request{URL: show, Expires: unix(1795438800), Address: netip.MustParseAddr(v4), Session: "ticket-1"},
			show + "?hdnts=ip=203.0.113.7~exp=1795438800~acl=/live/show/*~id=ticket-1~hmac=1402c5eac1edf2ad4b75cf37f89138223297fbba00b2eb0f931fe26313a81541", Query},
		// https://github.com/fastly/token-functions: its key and path; the expiry is that of
		// https://docs.fastly.com/en/guides/enabling-url-token-validation.
		{"Fastly", "fastly", fastlyKey, Request{URL: "http://www.example.com/foo/bar.html", Expires: unix(1441307151)},
			"http://www.example.com/foo/bar.html?token=1441307151_2bfc5de65ab7c7faffde2b29ac82d4f5177f16d7", File},
		// https://github.com/BunnyWay/BunnyCDN.TokenAuthentication (go, version 2.1.0): the
		// key, time and addresses of its tests, as directory tokens that ignore parameters.
		{"Bunny", "bunny", "SecurityKey", Request{URL: bunny, Expires: unix(1598024587)},
			"https://token-tester.b-cdn.net/bcdn_token=HS256-mm-63j84kKwJDK5pjePnPOOuLRIfM0EQ4IbnrmHe2cU&token_ignore_params=true&token_path=%2Flive%2Fshow%2F&expires=1598024587/live/show/index.m3u8", Path},
		{"Bunny, IPv4", "bunny", "SecurityKey", Request{URL: bunny, Expires: unix(1598024587), Address: netip.MustParseAddr("1.2.3.4")},
			"https://token-tester.b-cdn.net/bcdn_token=HS256-1-ONmOZDAjdeTAuRlyOq3U93kqRgX1ihCj4IgQcFFgn6w&token_ignore_params=true&token_path=%2Flive%2Fshow%2F&expires=1598024587/live/show/index.m3u8", Path},
		{"Bunny, IPv6", "bunny", "SecurityKey", Request{URL: bunny, Expires: unix(1598024587), Address: netip.MustParseAddr("2001:0db8:85a3:0000:0000:8a2e:0370:7334")},
			"https://token-tester.b-cdn.net/bcdn_token=HS256-1-tBi49RI5KHXRQ2nRvB4aRmbQXMfGwLULrq6dpGee2Yg&token_ignore_params=true&token_path=%2Flive%2Fshow%2F&expires=1598024587/live/show/index.m3u8", Path},
		// https://developers.cloudflare.com/waf/custom-rules/use-cases/configure-token-authentication/:
		// its key and path, signed as its Python example does.
		{"Cloudflare", "cloudflare", "mysecrettoken", Request{URL: "https://downloads.example.com/images/cat.jpg", Begin: unix(1484063787), Expires: unix(1484074587)},
			"https://downloads.example.com/images/cat.jpg?verify=1484063787-XsZ5NmtNBxOd4f4fBOtqVmpWRnDRNkHKVZieqDPKu3U%3D", File},
		// https://nginx.org/en/docs/http/ngx_http_secure_link_module.html, secure_link_md5.
		{"nginx", "nginx", "secret", Request{URL: "http://localhost/s/link", Expires: unix(2147483647), Address: netip.MustParseAddr("127.0.0.1")},
			"http://localhost/s/link?md5=_e4Nc3iduzkWRm01TBBNYw&expires=2147483647", File},
		// Our own: printf 1795438800/live/show/ | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
		{"HMAC in the path", "hmac", strings.Repeat("k", 32), Request{URL: show, Expires: unix(1795438800)},
			"https://cdn.example.com/1795438800-dd95518a5d233a9c9455c86f7d12979ae75ee2b49f1bdc80134be3dffee4c17d/live/show/index.m3u8", Path},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := signer(t, tt.scheme, tt.key).Sign(tt.request)
			if err != nil {
				t.Fatal(err)
			}
			if got.URL != tt.want || got.Reach != tt.reach {
				t.Errorf("%s (%s)\nwant\n%s (%s)", got.URL, got.Reach, tt.want, tt.reach)
			}
		})
	}
}

// TestCustomPolicy compares the policy with that of the example beside the canned one,
// which has its fields in another order, and so another signature.
func TestCustomPolicy(t *testing.T) {
	private := examplePEM(t)
	r := Request{URL: "https://testdistro.cloudfront.net/test/index.m3u8", Expires: unix(1420070400), Address: netip.MustParseAddr("10.0.0.1")}
	const want = "eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiaHR0cHM6Ly90ZXN0ZGlzdHJvLmNsb3VkZnJvbnQubmV0L3Rlc3QvKiIsIkNvbmRpdGlvbiI6eyJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTQyMDA3MDQwMH0sIklwQWRkcmVzcyI6eyJBV1M6U291cmNlSXAiOiIxMC4wLjAuMS8zMiJ9fX1dfQ__"
	got, err := signer(t, "cloudfront", private).Sign(r)
	if err != nil {
		t.Fatal(err)
	}
	query := mustParse(t, got.URL).Query()
	checkPolicy(t, query.Get("Policy"), query.Get("Signature"), want)

	got, err = signer(t, "cloudfront-cookies", private).Sign(r)
	if err != nil || len(got.Cookies) != 3 || got.URL != r.URL || got.Reach != Cookies {
		t.Fatalf("%+v, %v", got, err)
	}
	values := map[string]string{}
	for _, c := range got.Cookies {
		values[c.Name] = c.Value
		if !c.HttpOnly || !c.Secure || c.Path != "/test/" || !c.Expires.Equal(r.Expires) {
			t.Errorf("%s", c)
		}
	}
	checkPolicy(t, values["CloudFront-Policy"], values["CloudFront-Signature"], want)
	if values["CloudFront-Key-Pair-Id"] != "PK12345EXAMPLE" {
		t.Errorf("%v", values)
	}
}

// checkPolicy compares policies by what they say, and verifies a signature as CloudFront
// does.
func checkPolicy(t *testing.T, policy, signature, want string) {
	t.Helper()
	var got, expected any
	text := unescape(t, policy)
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(unescape(t, want), &expected); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("%s\nwant\n%s", text, unescape(t, want))
	}
	block, _ := pem.Decode([]byte(examplePEM(t)))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha1.Sum(text)
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA1, hash[:], unescape(t, signature)); err != nil {
		t.Error(err)
	}
}

// unescape reads CloudFront's base64.
func unescape(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func examplePEM(t *testing.T) string {
	t.Helper()
	private, err := os.ReadFile("testdata/cloudfront-example.pem")
	if err != nil {
		t.Fatal(err)
	}
	return string(private)
}

func TestCookie(t *testing.T) {
	got, err := signer(t, "akamai-cookie", akamaiKey).Sign(Request{URL: "https://cdn.example.com/live/show/index.m3u8", Begin: unix(1795435200), Expires: unix(1795438800)})
	if err != nil || len(got.Cookies) != 1 || got.Cookies[0].Name != "hdnea" || !strings.HasSuffix(got.Cookies[0].Value, "7448a4") || got.Cookies[0].Path != "/live/show/" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestPathCarriesOn resolves a playlist's relative URIs as a player does.
func TestPathCarriesOn(t *testing.T) {
	for _, scheme := range []string{"bunny", "hmac"} {
		got, err := signer(t, scheme, "key").Sign(Request{URL: "https://cdn.example.com/live/show/recordings/r1/index.m3u8", Expires: unix(1795438800)})
		if err != nil {
			t.Fatal(err)
		}
		base := mustParse(t, got.URL)
		segment, err := base.Parse("../../pub/720p/7.m4s")
		if err != nil {
			t.Fatal(err)
		}
		element := strings.Split(base.Path, "/")[1]
		if scheme == "bunny" { // whose token_path is escaped: the element goes on
			element = "bcdn_token="
		}
		if !strings.HasPrefix(segment.Path, "/"+element) || !strings.HasSuffix(segment.Path, "/live/show/pub/720p/7.m4s") {
			t.Errorf("%s: a segment is %s", scheme, segment)
		}
	}
}

func TestRefusals(t *testing.T) {
	end, show := unix(1795438800), "https://cdn.example.com/live/show/index.m3u8"
	home := netip.MustParseAddr("203.0.113.7")
	tests := []struct {
		name, scheme string
		request      Request
	}{
		{"not an address", "hmac", Request{URL: "/live/show/index.m3u8", Expires: end}},
		{"password", "hmac", Request{URL: "https://u:p@h/x", Expires: end}},
		{"dots", "hmac", Request{URL: "https://h/live/../x/index.m3u8", Expires: end}},
		{"no end", "hmac", Request{URL: show}},
		{"ends before it begins", "nginx", Request{URL: show, Begin: end, Expires: end}},
		{"prefix of something else", "bunny", Request{URL: show, Prefix: "/live/other/", Expires: end}},
		{"prefix that is no folder", "bunny", Request{URL: show, Prefix: "/live/sh", Expires: end}},
		{"begin", "bunny", Request{URL: show, Begin: unix(1), Expires: end}},
		{"Fastly by address", "fastly", Request{URL: show, Expires: end, Address: home}},
		{"Cloudflare by address", "cloudflare", Request{URL: show, Expires: end, Address: home}},
		{"Cloudflare with a query", "cloudflare", Request{URL: show + "?a=b", Expires: end}},
		{"Akamai's separators", "akamai", Request{URL: show, Expires: end, Session: "a~acl=/*"}},
	}
	for _, tt := range tests {
		key := "key"
		switch tt.scheme {
		case "akamai":
			key = akamaiKey
		case "fastly":
			key = fastlyKey
		}
		if got, err := signer(t, tt.scheme, key).Sign(tt.request); !errors.Is(err, ErrRequest) {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
	for scheme, key := range map[string]string{"cloudfront": "hush", "akamai": "hush", "fastly": "hu$h", "hmac": " "} {
		if _, err := New(scheme, []byte(key), "id"); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), key+"h") {
			t.Errorf("%s: %v", scheme, err)
		}
	}
	if _, err := New("cloudfront", []byte("x"), ""); !errors.Is(err, ErrKey) {
		t.Errorf("%v", err)
	}
	if _, err := New("magic", []byte("x"), ""); err == nil || !strings.Contains(err.Error(), "bunny") {
		t.Errorf("%v", err)
	}
}
