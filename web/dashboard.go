package web

// operatorPolicy is the Content-Security-Policy of the dashboard: stricter than that
// of viewers' pages, for it has no media and no styles in its markup, and no other site
// may frame a page whose buttons move viewers.
const operatorPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
