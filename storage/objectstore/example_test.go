package objectstore_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/globalfandom/lightstick/storage/objectstore"
)

// What was put into a store is read through a cache, which asks the store once.
func Example() {
	ctx := context.Background()
	var store objectstore.Store = objectstore.NewMemory() // or NewS3
	key := "live/show/4f1c/source/12.m4s"
	err := store.Put(ctx, key, strings.NewReader("a segment"), objectstore.Attributes{ContentType: "video/mp4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for info, err := range store.List(ctx, "live/show/") {
		fmt.Println(info.Key, info.Size, err)
	}

	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cache, err := objectstore.NewCache(dir, 1<<30, store)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cache.Close()
	object, _, err := cache.Open(ctx, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer object.Close()
	text, err := io.ReadAll(object)
	fmt.Println(string(text), err)
	// Output:
	// live/show/4f1c/source/12.m4s 9 <nil>
	// a segment <nil>
}
