package filter

import "strings"

// leetSigns are punctuation that is written for letters.
const leetSigns = "@$!|(+"

// leetLetters has what digits and signs are written for; 1, ! and | stand for i or l.
var leetLetters = map[rune]rune{
	'0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g',
	'@': 'a', '$': 's', '!': 'i', '|': 'i', '(': 'c', '+': 't',
}

// variants join letters of one script that are written for each other, and kanji
// that look like katakana; ð and ß are what confusables.txt has as other signs.
var variants = map[rune]rune{
	'ى': 'ي', 'ی': 'ي', 'ک': 'ك', 'ة': 'ه', 'ہ': 'ه', 'ھ': 'ه',
	'口': 'ロ', '力': 'カ', '工': 'エ', '夕': 'タ', '卜': 'ト', '八': 'ハ', '二': 'ニ', 'へ': 'ヘ',
	'ς': 'σ', 'ð': 'd', 'ß': 's',
}

var looks, capitals = readLooks(), readCapitals()

// readLooks reads likeLatin. Of the three Cyrillic letters that look like a b, one
// is taken: words of ordinary Russian would become each other.
func readLooks() map[rune]string {
	table := map[rune]string{'d': "d", 's': "s"}
	for latin, letters := range entries(likeLatin) {
		for _, r := range letters {
			table[r] = latin
		}
	}
	for _, r := range "бьѣ" {
		delete(table, r)
	}
	return table
}

func readCapitals() map[rune]rune {
	table := map[rune]rune{}
	for latin, letters := range entries(capitalsLike) {
		for _, r := range letters {
			table[r] = rune(latin[0])
		}
	}
	return table
}

// entries reads lines of "LATIN LETTERS".
func entries(table string) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for line := range strings.Lines(table) {
			latin, letters, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if !yield(latin, letters) {
				return
			}
		}
	}
}
