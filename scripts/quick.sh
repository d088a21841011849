#!/usr/bin/env bash
# Formatting, vet, staticcheck and unit tests without the race detector; packages with
# changes that are not committed or not pushed come first, so that their faults show at once.
#
#   scripts/quick.sh STATICCHECK-MODULE@VERSION
set -euo pipefail
cd "$(dirname "$0")/.."
staticcheck=${1:?the module of staticcheck}

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

unformatted=$(gofmt -l $(git ls-files '*.go' | while read -r file; do [ ! -f "$file" ] || echo "$file"; done))
[ -z "$unformatted" ] || { printf 'gofmt would change:\n%s\n' "$unformatted"; exit 1; }

base=$(git rev-parse --verify -q '@{upstream}' || git rev-parse HEAD)
mapfile -t changed < <({ git diff --name-only "$base"; git ls-files --others --exclude-standard; } |
  grep '\.go$' | xargs -r -n 1 dirname | sort -u | while read -r dir; do
    [ ! -d "$dir" ] || [ -z "$(go list -f '{{.Name}}' "./$dir" 2>/dev/null)" ] || echo "./$dir"
  done)
if [ ${#changed[@]} -gt 0 ]; then
  say "changed packages: ${changed[*]}"
  go vet "${changed[@]}"
  go test "${changed[@]}"
fi
say "vet and staticcheck"
go vet ./...
go run "$staticcheck" ./...
say "unit tests"
go test ./...
say "pages"
cd web
npm run --silent check
npm test --silent
