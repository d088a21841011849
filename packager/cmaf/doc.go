// Package cmaf writes CMAF: initialization sections (ISO/IEC 23000-19 §7.3.1) and
// chunks of one moof and one mdat (§7.3.2.2), with the boxes for wall-clock time and
// events before them. Where several tracks travel together, which HLS allows and
// CMAF doesn't, each has its traf.
//
// It is pure: values in, bytes out. Times are ticks of the track's timescale.
package cmaf
