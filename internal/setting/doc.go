// Package setting is what packages declare their own settings with. A struct has a field for
// each setting, with tags, and a Validate method for what the type of a field can't say:
//
//	type Settings struct {
//		Listen  string        `key:"srt.listen" default:":8890" help:"Address (UDP) for SRT publishers. Empty: off."`
//		Latency time.Duration `key:"srt.latency" default:"120ms" help:"How long a lost packet may take to arrive again."`
//	}
//
// The tags are
//
//	key      the dotted key, by which errors name the setting
//	default  the value where nobody sets another, as it would be written
//	help     one sentence: what it is, its unit, what is allowed, what empty or 0 means
//	words    the only values of a string; of a bool the words for false and true
//	list     what separates the items of a list where it is written as one text
//	secret   "true" for a type of the package's own whose value must not be shown
//
// A field may be a string, bool, int, float64, time.Duration, [Size], [Secret], a slice or map
// of strings or Secrets, or a type of the package's own that implements
// [encoding.TextUnmarshaler] or [MapUnmarshaler]: it reads its value once, and the package
// uses the result. Structs in a struct are looked through; fields without a key are left alone.
//
// Package config finds the fields, and says in which order files, the environment and the
// command line set them.
package setting
