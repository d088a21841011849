package rtmp

import "testing"

func TestStreamKey(t *testing.T) {
	tests := []struct{ app, tcURL, name, want string }{
		{"live", "", "abc", "abc"},
		{"live", "", "abc?token=1&x=2", "abc"},
		{"live", "", "abc?vhost=example.com/x", "abc"},
		{"live?vhost=example.com", "", "abc", "abc"},
		{"live/abc", "", "", "abc"},
		{"live/abc/", "", "", "abc"},
		{"live/abc?x=1", "", "", "abc"},
		{"live/abc", "", "?x=1", "abc"},
		{"live/_definst_", "", "abc", "abc"},
		{"live/_definst_", "", "", ""},
		{"live/_definst_/abc", "", "", "abc"},
		{"live", "", "_definst_/abc", "abc"},
		{"", "", "abc", "abc"},
		{"", "", "live/abc", "abc"},
		{"live", "", "live/abc", "abc"},
		{"live", "", "/live/abc/", "abc"},
		{"live", "", "live%2Fabc", "abc"},
		{"live", "", "rtmp://example.com/live/abc", "abc"},
		{"live", "", "rtmps://example.com:1936/live/abc/?x=1", "abc"},
		{"live", "", "rtmp://example.com/live", ""},
		{"live", "", "rtmp://example.com", ""},
		{"live/abc", "", "rtmp://example.com/live", "abc"},
		{"", "rtmp://example.com/live/abc", "", "abc"},
		{"live", "rtmp://example.com:1935/live/abc?x=1", "", "abc"},
		{"live", "rtmp://example.com/live", "", ""},
		{"live/abc", "rtmp://example.com/live/other", "", "abc"},
		{"live", "", " abc\r\n", "abc"},
		{"live", "", "\ufeffabc\u200b", "abc"},
		{"live", "", "%20abc%20", "abc"},
		{"live", "", "/abc/", "abc"},
		{"live", "", "%EC%87%BC", "쇼"},
		{"live", "", "쇼", "쇼"},
		{"live", "", "100%", "100%"},
		{"live", "", "%ff", "%ff"},
		{"live", "", "live", "live"},
		{"live", "", "", ""},
		{"", "", "", ""},
		{"///", "://", "//", ""},
	}
	for _, tt := range tests {
		if got := streamKey(tt.app, tt.tcURL, tt.name); got != tt.want {
			t.Errorf("streamKey(%q, %q, %q) = %q, want %q", tt.app, tt.tcURL, tt.name, got, tt.want)
		}
	}
}
