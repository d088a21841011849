package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/globalfandom/lightstick/internal/setting"
)

const (
	// maxFile bounds a configuration file, in bytes.
	maxFile = 1 << 20
	// maxDepth bounds how deep a file may be nested, aliases included, which may refer to
	// what holds them.
	maxDepth = 16
	// maxValues bounds the values of a file: aliases can make many of few.
	maxValues = 10_000
)

// given is one value of a file.
type given struct {
	key   string // dotted
	line  int
	value setting.Value // a scalar's text is as it is written
}

// parseYAML flattens a YAML document to dotted keys, in the order of the file. Scalars
// keep their text as it is written: 0123 and 0x1F are no numbers before the setting says
// so. isMap tells which keys have pairs. Errors quote no values, which may be secrets.
func parseYAML(text []byte, isMap func(key string) bool) ([]given, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	if len(file.Docs) > 1 {
		return nil, errors.New("holds several YAML documents; use one")
	}
	r := &yamlReader{isMap: isMap, anchors: make(map[string]ast.Node)}
	for _, document := range file.Docs {
		if document.Body != nil {
			if err := r.read("", 0, document.Body, 0); err != nil {
				return nil, err
			}
		}
	}
	return r.values, nil
}

// syntaxError says where and why. The library's picture of the place would show the
// lines around it, and with them secrets.
func syntaxError(err error) error {
	if e := yaml.Error(nil); errors.As(err, &e) && e.GetToken() != nil {
		return fmt.Errorf("line %d: not valid YAML: %s", e.GetToken().Position.Line, e.GetMessage())
	}
	return errors.New("not valid YAML")
}

// yamlReader collects the values of a document.
type yamlReader struct {
	isMap   func(key string) bool
	anchors map[string]ast.Node
	values  []given
	count   int
}

// read takes the node of a key on a line.
func (r *yamlReader) read(key string, line int, node ast.Node, depth int) error {
	node, err := r.resolve(node, line, depth)
	if err != nil {
		return err
	}
	if mapping, ok := node.(ast.MapNode); ok && !r.isMap(key) {
		return r.readGroup(key, mapping, depth)
	}
	if key == "" {
		return errors.New("not a mapping of keys to values")
	}
	var value setting.Value
	switch n := node.(type) {
	case ast.MapNode:
		value.Items, err = r.readPairs(key, n, depth)
	case *ast.SequenceNode:
		value.Items, err = r.readList(key, line, n, depth)
	default:
		value.Text, err = r.readScalar(key, line, node, depth)
	}
	if err != nil {
		return err
	}
	r.values = append(r.values, given{key, line, value})
	return nil
}

func (r *yamlReader) readGroup(prefix string, mapping ast.MapNode, depth int) error {
	for entries := mapping.MapRange(); entries.Next(); {
		line := entries.Key().GetToken().Position.Line
		name, err := yamlName(entries.Key())
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := r.read(strings.TrimPrefix(prefix+"."+name, "."), line, entries.Value(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// readPairs reads a mapping of names to values.
func (r *yamlReader) readPairs(key string, mapping ast.MapNode, depth int) ([]string, error) {
	items := []string{}
	for entries := mapping.MapRange(); entries.Next(); {
		line := entries.Key().GetToken().Position.Line
		name, err := yamlName(entries.Key())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		value, err := r.readScalar(key+" "+name, line, entries.Value(), depth+1)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(name, "= \t\r\n") {
			return nil, fmt.Errorf("line %d: %s: a name has a space or = in it", line, key)
		}
		items = append(items, name+"="+value)
	}
	return items, nil
}

func (r *yamlReader) readList(key string, line int, sequence *ast.SequenceNode, depth int) ([]string, error) {
	items := []string{}
	for _, entry := range sequence.Values {
		if token := entry.GetToken(); token != nil {
			line = token.Position.Line
		}
		node, err := r.resolve(entry, line, depth+1)
		if err != nil {
			return nil, err
		}
		if mapping, ok := node.(ast.MapNode); ok { // "- cam1: rtsp://…"
			more, err := r.readPairs(key, mapping, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, more...)
			continue
		}
		item, err := r.readScalar(key, line, node, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func (r *yamlReader) readScalar(key string, line int, node ast.Node, depth int) (string, error) {
	node, err := r.resolve(node, line, depth)
	if err != nil {
		return "", err
	}
	switch n := node.(type) {
	case *ast.NullNode:
		return "", nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case ast.ScalarNode:
		return n.GetToken().Value, nil
	}
	return "", fmt.Errorf("line %d: %s: use one value here", line, key)
}

// resolve follows anchors, aliases and tags to what they stand for.
func (r *yamlReader) resolve(node ast.Node, line, depth int) (ast.Node, error) {
	for range maxDepth {
		if r.count++; depth > maxDepth || r.count > maxValues {
			return nil, fmt.Errorf("line %d: nested too deep, or too many values in the file", line)
		}
		switch n := node.(type) {
		case *ast.AnchorNode:
			r.anchors[n.Name.GetToken().Value] = n.Value
			node = n.Value
		case *ast.AliasNode:
			target, known := r.anchors[n.Value.GetToken().Value]
			if !known {
				return nil, fmt.Errorf("line %d: an alias (*) without an anchor (&) before it", line)
			}
			node = target
		case *ast.TagNode:
			if !slices.Contains(plainTags, n.Start.Value) {
				return nil, fmt.Errorf("line %d: an unknown tag (!)", line)
			}
			node = n.Value
		default:
			return node, nil
		}
	}
	return nil, fmt.Errorf("line %d: an alias (*) of itself", line)
}

// plainTags change nothing: the setting decides what its text means.
var plainTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!map", "!!seq"}

func yamlName(key ast.MapKeyNode) (string, error) {
	switch key.(type) {
	case *ast.MergeKeyNode:
		return "", errors.New("merge keys (<<) can't be used; write the settings out")
	case ast.ScalarNode:
		return key.GetToken().Value, nil
	}
	return "", errors.New("a key that is not a plain word")
}
