package filter_test

import (
	"testing"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/identity"
)

func TestFoldedNames(t *testing.T) {
	names := identity.NewNames(identity.NamesConfig{Fold: filter.FoldName})
	for _, name := range []string{"Mina", "💜", "지민"} {
		if err := names.Take(name, "guest-1"); err != nil {
			t.Fatal(err)
		}
	}
	for name, free := range map[string]bool{
		"Yuna": true, "💛": true, "Badminton": true, "모더나": true, "관리비": true, "지수": true, "Mini": true, "hosting": true, "공기": true,
		"mina": false, "Міnа": false, "ｍｉｎａ": false, "𝓜𝓲𝓷𝓪": false, "M i n a 💜": false, "Ⓜⓘⓝⓐ": false, "Mïna": false, "지 민": false, "ㅈㅣㅁㅣㄴ": false,
		"admin": false, "аdmіn": false, "𝐀𝐃𝐌𝐈𝐍": false, "관리자": false, "관 리 자": false, "ㄱㅗㅏㄴㄹㅣㅈㅏ": false, "운영자님": false, "ｽﾀｯﾌ": false, "スタッフ": false, "管理員": false,
	} {
		if err := names.Take(name, "guest-2"); (err == nil) != free {
			t.Errorf("%s: %v", name, err)
		}
	}
}
