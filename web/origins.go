package web

import (
	"net/url"
	"slices"
	"strings"
)

// PictureOrigins are the web origins that emotes' pictures come from, each once; what
// would mean something else to a policy is left out.
func PictureOrigins(emotes map[string]string) []string {
	var origins []string
	for _, address := range emotes {
		u, err := url.Parse(address)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(u.Host, ";,*'\"") {
			origins = append(origins, u.Scheme+"://"+u.Host)
		}
	}
	slices.Sort(origins)
	return slices.Compact(origins)
}
