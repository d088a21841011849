package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// akamai signs by Auth Token 2.0 (EdgeAuth): fields joined by "~", with an HMAC-SHA256 of
// those before it as the last.
type akamai struct {
	key    []byte
	name   string // of parameter or cookie
	cookie bool
}

func newAkamai(name string, cookie bool) func(key []byte, id string) (Signer, error) {
	return func(text []byte, _ string) (Signer, error) {
		key, err := hex.DecodeString(string(text))
		if err != nil {
			return nil, fmt.Errorf("%w: Akamai's is an even number of hexadecimal digits", ErrKey)
		}
		return akamai{key, name, cookie}, nil
	}
}

// Sign implements Signer.
func (s akamai) Sign(r Request) (Signed, error) {
	u, err := r.parse()
	if err != nil {
		return Signed{}, err
	}
	if strings.ContainsAny(r.Prefix+r.Session, "~!*?") {
		return Signed{}, refuse("prefix or session", "holds one of ~ ! * ?, which separate Akamai's fields")
	}
	token := s.token(r)
	if s.cookie {
		cookie := &http.Cookie{
			Name: s.name, Value: token, Path: r.Prefix, Expires: r.Expires.UTC(), HttpOnly: true,
			Secure: u.Scheme == "https", SameSite: http.SameSiteNoneMode,
		}
		return Signed{URL: r.URL, Cookies: []*http.Cookie{cookie}, Reach: Cookies}, nil
	}
	return Signed{URL: addQuery(u, s.name+"="+token), Reach: Query}, nil
}

// token has its fields in the order of Akamai's own generators.
func (s akamai) token(r Request) string {
	var fields []string
	if r.Address.IsValid() {
		fields = append(fields, "ip="+r.Address.Unmap().String())
	}
	if !r.Begin.IsZero() {
		fields = append(fields, "st="+strconv.FormatInt(r.Begin.Unix(), 10))
	}
	fields = append(fields, "exp="+strconv.FormatInt(r.Expires.Unix(), 10), "acl="+r.Prefix+"*")
	if r.Session != "" {
		fields = append(fields, "id="+r.Session)
	}
	text := strings.Join(fields, "~")
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return text + "~hmac=" + hex.EncodeToString(mac.Sum(nil))
}
