//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"sync"
	"testing"
)

var (
	filmOnce   sync.Once
	filmFolder string
	errFilm    error
)

// film is the folder of the film that stand-ins for the server play. It takes ten
// seconds to paint, so that all tests have the same one.
func film(t *testing.T) string {
	t.Helper()
	filmOnce.Do(func() {
		if filmFolder, errFilm = os.MkdirTemp("", "lightstick-film-"); errFilm != nil {
			return
		}
		const paint = `import("./browser/fakeorigin.mjs").then(({ paint }) => paint(process.argv[1]))`
		errFilm = exec.Command("node", "-e", paint, filmFolder).Run()
	})
	if errFilm != nil {
		t.Fatal(errFilm)
	}
	return filmFolder
}
