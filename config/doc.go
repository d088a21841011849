// Package config is Lightstick's configuration: one typed struct, filled from
// defaults, a YAML file, the environment and --set, later ones winning.
//
// Keys are dotted, as in hls.part_duration. In YAML a dot is a level of nesting;
// in the environment the key is LIGHTSTICK_HLS_PART_DURATION. Errors name the
// key, the value and what would be right, and all faults are reported at once.
package config
