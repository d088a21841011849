package edge

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// Products are those that configurations are written for.
func Products() []string { return []string{"nginx", "varnish", "haproxy", "cloudfront", "fastly"} }

// Generate writes the configuration of a product. Every error says what to change.
func Generate(product string, o Options) ([]byte, error) {
	if !slices.Contains(Products(), product) {
		return nil, fmt.Errorf("%w: no configuration for %q: use one of %s", errOption, product, strings.Join(Products(), ", "))
	}
	o.Secret = o.firstSecret()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.setDefaults()
	if err := supports(product, &o); err != nil {
		return nil, err
	}
	v, err := newValues(product, o)
	if err != nil {
		return nil, err
	}
	t := template.New(product + ".tmpl").Option("missingkey=error")
	t.Funcs(template.FuncMap{"include": func(name string, indent int, v *values) (string, error) { return include(t, name, indent, v) }})
	if t, err = t.ParseFS(templateFiles, "templates/*.tmpl"); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, product+".tmpl", v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// include is what another template writes, with spaces before each line.
func include(t *template.Template, name string, indent int, v *values) (string, error) {
	var out strings.Builder
	if err := t.ExecuteTemplate(&out, name, v); err != nil {
		return "", err
	}
	space := strings.Repeat(" ", indent)
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = space + line
		}
	}
	return strings.Join(lines, "\n"), nil
}

// supports refuses what a product can't do, and says what can be done instead.
func supports(product string, o *Options) error {
	origin, _ := parseOrigin(o.Origin)
	listen, _ := parseAddress(o.Listen, true)
	refuse := func(text string) error { return fmt.Errorf("%w: %s", errOption, text) }
	switch {
	case product == "nginx" && o.Verify == VerifyNative:
		return refuse("nginx has no means to check tokens by itself: use --verify origin")
	case product == "nginx" && listen.Host != "" && listen.IsName():
		return refuse("nginx needs the address that it listens on: give --listen ADDRESS:PORT, or :PORT for all")
	case product == "varnish" && o.Verify == VerifyNative:
		return refuse("Varnish has no means to check tokens by itself: use --verify origin")
	case product == "varnish" && origin.TLS:
		return refuse("Varnish does not speak TLS to its origin: give --origin HOST:PORT without https, through a tunnel or stunnel where the way is not private")
	case product == "varnish" && o.TLSCert != "":
		return refuse("Varnish does not speak TLS: leave out --tls-cert and put hitch, HAProxy or nginx before it")
	}
	switch product {
	case "haproxy":
		return supportsHAProxy(o)
	case "cloudfront":
		return supportsCloudFront(o, origin)
	case "fastly":
		return supportsFastly(o)
	}
	return nil
}
