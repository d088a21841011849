// Package filter judges texts for a chat's filters: words, links, emote-only.
//
// [Fold] brings a text to the form in which disguises fall away: width, case,
// accents, look-alikes of other alphabets, invisible characters, and Hangul as
// jamo, so that ㅂㅏㅂㅗ is 바보. [Compile] makes one automaton of up to [MaxWords]
// words; [Words.Match] runs a folded text through it in linear time, several times
// where the text has digits for letters (b4d) or letters standing alone (b a d).
//
// A word stands for a whole word: "ass" is not found in "class". A star opens an end:
// "bad*" finds badly, "*bad" notbad, "*bad*" both. Scripts that are written without
// spaces have no whole words; [Words] says where their matches may begin and end.
//
// Everything but a Text may be used concurrently; nothing blocks.
package filter
