// Package config puts the settings of all packages together, and fills them from defaults,
// a YAML file, the environment and --set, later ones winning.
//
// Packages declare their own settings; see package setting. Keys are dotted, as in
// hls.part_duration. In YAML a dot is a level of nesting; in the environment the key is
// LIGHTSTICK_HLS_PART_DURATION. Errors name the key, the value and what would be right, and
// all faults are reported at once.
package config
