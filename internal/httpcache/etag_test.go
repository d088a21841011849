package httpcache

import (
	"strings"
	"testing"
)

func TestEntityTag(t *testing.T) {
	plain, gzip := EntityTag([]byte("#EXTM3U\n"), ""), EntityTag([]byte("#EXTM3U\n"), "-gzip")
	for _, tag := range [][]string{plain, gzip} {
		if len(tag) != 1 || !strings.HasPrefix(tag[0], `"`) || !strings.HasSuffix(tag[0], `"`) {
			t.Errorf("%q is no strong entity tag", tag)
		}
	}
	if plain[0] == gzip[0] {
		t.Errorf("the compressed text has the tag of the plain one: %s", plain[0])
	}
	if again := EntityTag([]byte("#EXTM3U\n"), ""); again[0] != plain[0] {
		t.Errorf("the same text has the tags %s and %s", plain[0], again[0])
	}
	if other := EntityTag([]byte("#EXTM3U\n\n"), ""); other[0] == plain[0] {
		t.Errorf("another text has the same tag %s", other[0])
	}
}
