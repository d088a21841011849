package sign

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/internal/clientnet"
)

// fastly signs as the tutorial "Enabling URL token validation" has it:
// token=EXPIRES_HEX with HMAC-SHA1 over path and expiry.
type fastly struct{ key []byte }

func newFastly(text []byte, _ string) (Signer, error) {
	key, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: Fastly's VCL has it in base64", ErrKey)
	}
	return fastly{key}, nil
}

// Sign implements Signer.
func (s fastly) Sign(r Request) (Signed, error) {
	u, err := r.parseFile("Fastly's token")
	if err != nil {
		return Signed{}, err
	}
	expires := seconds(r.Expires)
	mac := hmac.New(sha1.New, s.key)
	mac.Write([]byte(u.RequestURI() + expires))
	return Signed{URL: addQuery(u, "token="+expires+"_"+hex.EncodeToString(mac.Sum(nil))), Reach: File}, nil
}

// cloudflare signs for is_timed_hmac_valid_v0 of the rules language: the address, "?verify=",
// seconds, "-", base64 of HMAC-SHA256 over path and seconds. The seconds are when it was
// made: how long it holds stands in the rule, so Begin is the time of making.
type cloudflare struct{ key []byte }

func newCloudflare(key []byte, _ string) (Signer, error) { return cloudflare{key}, nil }

// Sign implements Signer.
func (s cloudflare) Sign(r Request) (Signed, error) {
	made := r.Begin
	if made.IsZero() {
		made = time.Now()
	}
	r.Begin = time.Time{}
	u, err := r.parseFile("Cloudflare's token")
	if err != nil {
		return Signed{}, err
	}
	if u.RawQuery != "" {
		return Signed{}, refuse("the address", "must have no query for Cloudflare, whose token ends it")
	}
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(u.EscapedPath() + seconds(made)))
	value := seconds(made) + "-" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return Signed{URL: addQuery(u, "verify="+value), Reach: File}, nil
}

// nginx signs for secure_link $arg_md5,$arg_expires with
// secure_link_md5 "$secure_link_expires$uri$remote_addr KEY", or without $remote_addr
// when there is no address.
type nginx struct{ key []byte }

func newNginx(key []byte, _ string) (Signer, error) { return nginx{key}, nil }

// Sign implements Signer.
func (s nginx) Sign(r Request) (Signed, error) {
	address := ""
	if r.Address.IsValid() {
		address = r.Address.Unmap().String()
	}
	u, err := r.parseFile("")
	if err != nil {
		return Signed{}, err
	}
	expires := seconds(r.Expires)
	sum := md5.Sum([]byte(expires + u.Path + address + " " + string(s.key)))
	return Signed{URL: addQuery(u, "md5="+base64.RawURLEncoding.EncodeToString(sum[:])+"&expires="+expires), Reach: File}, nil
}

// parseFile is parse for schemes that sign one address and its end; where they know no
// viewer's address either, name says who.
func (r *Request) parseFile(name string) (*url.URL, error) {
	if name != "" && (r.Address.IsValid() || !r.Begin.IsZero()) {
		return nil, refuse(name, "knows neither address nor begin")
	}
	return r.parse()
}

// bunny signs directories by Bunny's advanced token authentication, in the path:
// HMAC-SHA256 over token_path, expiry, the viewer's address in bytes (of IPv6 the first
// 64 bits) and the parameters.
type bunny struct{ key []byte }

func newBunny(key []byte, _ string) (Signer, error) { return bunny{key}, nil }

// Sign implements Signer.
func (s bunny) Sign(r Request) (Signed, error) {
	u, err := r.parse()
	if err != nil {
		return Signed{}, err
	}
	if !r.Begin.IsZero() {
		return Signed{}, refuse("Bunny's token", "knows no begin")
	}
	// Players ask with parameters of their own, such as _HLS_msn.
	expires, parameters := seconds(r.Expires), "token_ignore_params=true&token_path="
	token := "bcdn_token=" + s.token(r, parameters+r.Prefix) + "&" + parameters + url.QueryEscape(r.Prefix) + "&expires=" + expires
	return Signed{URL: inPath(u, token), Reach: Path}, nil
}

func (s bunny) token(r Request, parameters string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(r.Prefix + seconds(r.Expires)))
	flags := ""
	if address := r.Address.Unmap(); address.IsValid() {
		flags = "1-"
		mac.Write(clientnet.Addr(address).AsSlice())
	}
	mac.Write([]byte(parameters))
	return "HS256-" + flags + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// pathHMAC signs for edges that their owners program: EXPIRES-HEX as first element of the
// path, with HMAC-SHA256 over expiry and prefix, and the address if there is one.
type pathHMAC struct{ key []byte }

func newPathHMAC(key []byte, _ string) (Signer, error) { return pathHMAC{key}, nil }

// Sign implements Signer.
func (s pathHMAC) Sign(r Request) (Signed, error) {
	u, err := r.parse()
	if err != nil {
		return Signed{}, err
	}
	if !r.Begin.IsZero() {
		return Signed{}, refuse("this token", "knows no begin")
	}
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(seconds(r.Expires) + r.Prefix))
	if r.Address.IsValid() {
		mac.Write([]byte(r.Address.Unmap().String()))
	}
	return Signed{URL: inPath(u, seconds(r.Expires)+"-"+hex.EncodeToString(mac.Sum(nil))), Reach: Path}, nil
}

func seconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
