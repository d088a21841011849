package control

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// Keys of an operation's metadata, from which the description takes its examples; other
// parts use them too (see API.More).
const (
	requestExample  = "request"
	responseExample = "response"
)

// configuration is huma's: where the description is and what it says of all operations.
func (a *API) configuration() huma.Config {
	cfg := huma.DefaultConfig("Lightstick", a.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/api/openapi", "", ""
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Info.Description = "Streams, recordings, viewers' tokens, chat and cost of a Lightstick server. Errors are application/problem+json (RFC 9457)."
	cfg.Servers = []*huma.Server{{URL: "/", Description: "The server that this description comes from"}}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {
			Type: "http", Scheme: "bearer",
			Description: "The API token: api.token, or what was printed at the first start. In a chat room also the chat token (a JWT) of one of its moderators.",
		},
	}
	cfg.OnAddOperation = append(cfg.OnAddOperation, addExamples)
	return cfg
}

// addExamples completes an operation that is about to be described.
func addExamples(_ *huma.OpenAPI, op *huma.Operation) {
	if op.RequestBody != nil {
		setExample(op.RequestBody.Content, op.Metadata[requestExample])
	}
	for status, response := range op.Responses {
		code, err := strconv.Atoi(status)
		switch {
		case err != nil:
		case code < http.StatusBadRequest:
			setExample(response.Content, op.Metadata[responseExample])
		default:
			response.Description = problemDetails[code]
			setExample(response.Content, problemExample(code))
		}
	}
	for _, p := range op.Parameters {
		if p.In == "path" && p.Example == nil {
			p.Example = pathExample(op.Path, p.Name)
		}
	}
}

func setExample(content map[string]*huma.MediaType, example any) {
	for _, media := range content {
		if media.Example == nil {
			media.Example = example
		}
	}
}

// problemDetails say what each code means here; they are the examples' details as well.
var problemDetails = map[int]string{
	http.StatusBadRequest:            "The request can't be read: its body is no JSON, or a parameter is not what it should be",
	http.StatusUnauthorized:          "There is no bearer token, or it is not one that counts here",
	http.StatusForbidden:             "The holder of the token may not do that in this room",
	http.StatusNotFound:              "There is no such stream, recording, pathway, room or person",
	http.StatusConflict:              "That can't be done now: the name is taken, the stream is not live, or the same is being done already",
	http.StatusRequestEntityTooLarge: "The body is larger than 16 kB",
	http.StatusUnsupportedMediaType:  "The body is not application/json",
	http.StatusUnprocessableEntity:   "The request can be read, but a value in it can't be used; detail and errors say which",
	http.StatusTooManyRequests:       "Too much in too short a time; detail says when to try again",
	http.StatusInternalServerError:   "The database or the storage failed; the server's log says why",
	http.StatusServiceUnavailable:    "Something that is needed does not answer, or too much waits for it; try again",
}

func problemExample(code int) huma.ErrorModel {
	return huma.ErrorModel{Title: http.StatusText(code), Status: code, Detail: problemDetails[code]}
}

// problems are the answers to errors for operations that are described by hand.
func problems(api huma.API, codes ...int) map[string]*huma.Response {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[huma.ErrorModel](), true, "Error")
	responses := make(map[string]*huma.Response, len(codes))
	for _, code := range codes {
		responses[strconv.Itoa(code)] = &huma.Response{Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
	}
	return responses
}
