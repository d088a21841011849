package control_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/chat/rest"
	"github.com/globalfandom/lightstick/control"
)

// whole is an API with every route that there can be.
func whole(t *testing.T, more ...func(huma.API)) *http.ServeMux {
	t.Helper()
	s, err := control.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	mux := http.NewServeMux()
	api := control.API{
		Store: s, Token: func() string { return "secret" }, Log: slog.New(slog.DiscardHandler),
		More: func(api huma.API) {
			(&rest.API{}).Register(api)
			for _, m := range more {
				m(api)
			}
		},
		Live: struct{ control.Live }{}, Recordings: struct{ control.Recordings }{}, Costs: struct{ control.Costs }{}, Purges: struct{ control.Purges }{},
		Logs: struct{ control.LogImporter }{}, Playback: struct{ control.Playback }{}, Steering: struct{ control.Steering }{}, Quality: struct{ control.Quality }{},
	}
	api.Register(mux)
	return mux
}

// description is the part of an OpenAPI document that the test looks at.
type description struct {
	Servers []struct{ URL, Description string }
	Paths   map[string]map[string]operation
	Info    struct{ Description string }

	Components struct {
		SecuritySchemes map[string]struct{ Type, Scheme, Description string }
	}
}

type operation struct {
	OperationID, Summary string
	Security             []map[string][]string
	Parameters           []struct {
		Name, In string
		Example  any
		Schema   map[string]any
	}
	RequestBody *body
	Responses   map[string]body
}

type body struct {
	Description string
	Content     map[string]struct {
		Schema  map[string]any
		Example any
	}
}

func describe(t *testing.T) (d description) {
	t.Helper()
	w := httptest.NewRecorder()
	whole(t).ServeHTTP(w, httptest.NewRequest("GET", "/api/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d, %v", w.Code, err)
	}
	return d
}

// The description can be worked with: it says where the server is, how to sign in, and for
// each operation what it does, looks like and fails with.
func TestDescriptionIsComplete(t *testing.T) {
	d := describe(t)
	if len(d.Servers) == 0 || d.Servers[0].URL == "" || d.Info.Description == "" || d.Components.SecuritySchemes["token"].Description == "" {
		t.Errorf("%+v", d)
	}
	count := 0
	for path, operations := range d.Paths {
		for method, o := range operations {
			count++
			for _, fault := range o.faults(path) {
				t.Errorf("%s %s (%s): %s", strings.ToUpper(method), path, o.OperationID, fault)
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d operations are described", count)
	}
}

// faults are what an operation's description lacks.
func (o operation) faults(path string) (faults []string) {
	need := func(ok bool, fault string) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	need(o.Summary != "", "no summary")
	need(len(o.Security) > 0, "no security")
	for _, p := range o.Parameters {
		need(p.In != "path" || p.Example != nil, "no example of "+p.Name)
	}
	if o.RequestBody != nil {
		need(o.RequestBody.exemplified(), "no example of the request")
	}
	codes := []string{"401", "429", "500"}
	if strings.Contains(path, "{") || o.RequestBody != nil {
		codes = append(codes, "422")
	}
	for _, code := range codes {
		_, ok := o.Responses[code]
		need(ok, "no "+code)
	}
	good := 0
	for code, response := range o.Responses {
		need(response.Description != "", "no description of "+code)
		if code < "400" {
			good++
			need(code == "204" || response.exemplified(), "no example of "+code)
			continue
		}
		_, problem := response.Content["application/problem+json"]
		need(problem && response.exemplified(), code+" is no problem with an example")
	}
	need(good == 1, "not one good answer")
	return faults
}

// exemplified reports whether each kind of content has a schema and an example.
func (b body) exemplified() bool {
	for _, content := range b.Content {
		if content.Schema == nil || content.Example == nil {
			return false
		}
	}
	return len(b.Content) > 0
}

// Every example is what its schema says.
func TestExamplesAreValid(t *testing.T) {
	var document *huma.OpenAPI
	whole(t, func(api huma.API) { document = api.OpenAPI() })
	for _, item := range document.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			if o.RequestBody != nil {
				checkExamples(t, document, o.OperationID+" request", huma.ModeWriteToServer, o.RequestBody.Content)
			}
			for code, response := range o.Responses {
				checkExamples(t, document, o.OperationID+" "+code, huma.ModeReadFromServer, response.Content)
			}
		}
	}
}

func checkExamples(t *testing.T, document *huma.OpenAPI, name string, mode huma.ValidateMode, content map[string]*huma.MediaType) {
	t.Helper()
	for _, media := range content {
		text, err := json.Marshal(media.Example)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var plain any
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var faults huma.ValidateResult
		huma.Validate(document.Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), mode, plain, &faults)
		for _, fault := range faults.Errors {
			t.Errorf("%s: %v in %s", name, fault, text)
		}
	}
}
