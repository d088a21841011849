#!/usr/bin/env bash
# A pre-commit hook: formatting, vet, and the tests of the packages with changes.
# Use it with: ln -s ../../scripts/pre-commit.sh .git/hooks/pre-commit
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"

mapfile -t files < <(git diff --cached --name-only --diff-filter=ACMR -- '*.go')
if [ ${#files[@]} -eq 0 ]; then exit 0; fi

unformatted=$(gofmt -l "${files[@]}")
if [ -n "$unformatted" ]; then
    echo "gofmt would change:" >&2
    echo "$unformatted" >&2
    exit 1
fi

mapfile -t packages < <(printf '%s\n' "${files[@]}" | xargs -n1 dirname | sort -u | sed 's|^|./|' | grep -v '^./test/e2e$')
if [ ${#packages[@]} -eq 0 ]; then exit 0; fi
go vet "${packages[@]}"
go test "${packages[@]}"
