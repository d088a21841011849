package cmcd

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Bounds of a POST. A player that reports each segment of a minute sends 30 events
// of 400 bytes.
const (
	MaxBody    = 64 << 10
	maxReports = 256
)

// ParseBody reads the events of a POST: a dictionary a line (CTA-5004-B), or a JSON
// array of objects, as players sent them before the standard was finished. What is
// neither is counted in rubbish.
func ParseBody(body []byte) (reports []Report, rubbish int) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, 1
	}
	if body[0] == '[' || body[0] == '{' {
		return parseJSON(body)
	}
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(reports) == maxReports {
			return reports, rubbish + 1
		}
		r, err := Parse(line)
		if err != nil {
			rubbish++
			continue
		}
		reports = append(reports, r)
	}
	return reports, rubbish
}

func parseJSON(body []byte) (reports []Report, rubbish int) {
	var objects []map[string]any
	if body[0] == '{' {
		objects = make([]map[string]any, 1)
		if json.Unmarshal(body, &objects[0]) != nil {
			return nil, 1
		}
	} else if json.Unmarshal(body, &objects) != nil {
		return nil, 1
	}
	for _, object := range objects {
		if len(reports) == maxReports || len(object) == 0 || len(object) > maxKeys {
			rubbish++
			continue
		}
		r := Report{Version: 1}
		for key, v := range object {
			if converted, ok := fromJSON(v); ok {
				r.set(key, converted)
			} else {
				r.Ignored++
			}
		}
		reports = append(reports, r)
	}
	return reports, rubbish
}

// fromJSON is a value, or the sum of a list of numbers.
func fromJSON(v any) (value, bool) {
	switch v := v.(type) {
	case bool:
		return value{kind: boolean, true: v}, true
	case float64:
		return value{kind: number, number: v}, true
	case string:
		return value{kind: text, text: v, true: v == "true"}, true
	case map[string]any: // {"value": 3200, "params": {"ot": "v"}}
		if inner, ok := v["value"].(float64); ok {
			return value{kind: number, number: inner}, true
		}
	case []any:
		return listFromJSON(v)
	}
	return value{}, false
}

func listFromJSON(list []any) (whole value, ok bool) {
	if len(list) == 0 || len(list) > maxItems {
		return whole, false
	}
	for _, item := range list {
		if _, nested := item.([]any); nested {
			return whole, false
		}
		v, ok := fromJSON(item)
		if !ok {
			return whole, false
		}
		if whole.items == 0 {
			v.items = 0
			whole = v
		} else if v.kind == number && whole.kind == number {
			whole.number += v.number
		}
		whole.items++
	}
	return whole, true
}
