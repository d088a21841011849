package objectstore

import (
	"strings"
	"testing"
)

func FuzzMirror(f *testing.F) {
	f.Add("tokyo", "https://AK:SECRET@s3.example.com/bucket/a/b?region=jp&path_style=true&storage_class=COLD&sse=aws:kms&kms_key=k")
	f.Add("osaka", "http://[::1]:9000/bucket")
	f.Add("a", "https://a:b/c@d/e?f#g")
	f.Fuzz(func(t *testing.T, name, address string) {
		target, err := parseMirror(name, address)
		if err != nil {
			if len(address) > 64 && strings.Contains(err.Error(), address) {
				t.Errorf("%v shows the address", err)
			}
			return
		}
		if err := target.validate(); err != nil || strings.Contains(target.Endpoint, "@") {
			t.Errorf("%q became %+v, %v", address, target, err)
		}
		if (target.AccessKey == "") != (target.SecretKey == "") || strings.Contains(target.Prefix, "//") {
			t.Errorf("%q became %+v", address, target)
		}
	})
}
