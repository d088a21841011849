# Lightstick. `make help` lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SQLC := github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.15.1
FUZZTIME ?= 1m
E2E_TAGS := e2e obs screenshots peer soak bench
# Tests leave vet out: check has run all of it.
# End-to-end tests wait more than they compute: one more than there are processors run at once.
E2E_AT_ONCE = $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
GO_FILES := $(shell find . -name '*.go' -not -path './*/node_modules/*')
WEB_FILES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/test/.out/*')

.PHONY: help run build generate check lint quick test test-unit test-web test-fuzz test-e2e test-obs bench bench-cdn bench-cost compare compare-chat nightly screenshots release-check clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}'

run: ## install what is missing, build, and run the demo
	@scripts/install.sh ffmpeg node
	@$(MAKE) --no-print-directory build
	@bin/lightstick demo $(ARGS)

build: bin/lightstick ## build the web pages and the binary

bin/lightstick: web/dist/watch.html $(GO_FILES) go.mod go.sum $(wildcard control/schema/*.sql chat/store/schema/*.sql) cdn/cost/prices.yaml
	go build -ldflags "-X main.version=$(VERSION)" -o $@ ./cmd/lightstick

web/dist/watch.html: web/node_modules/.installed $(WEB_FILES)
	find web/dist -mindepth 1 -not -name .keep -delete
	cd web && npm run --silent build -- --logLevel warn
	@touch $@

%/node_modules/.installed: %/package.json %/package-lock.json
	cd $* && npm ci --no-progress --loglevel=error
	@touch $@

generate: ## make Go of the SQL statements; after each change of a schema or statement
	CGO_ENABLED=0 go run $(SQLC) generate
	go test -count 1 -run TestGeneratedCodeIsCurrent ./internal/sqlite -update

check: web/node_modules/.installed ## formatting, vet, staticcheck, types of the pages
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go vet -tags '$(E2E_TAGS)' ./test/e2e
	go run $(STATICCHECK) -tags '$(E2E_TAGS)' ./...
	cd web && npm run --silent check

lint: ## more linters, which take minutes to build the first time
	go run $(GOLANGCI) run ./...

quick: web/node_modules/.installed web/dist/watch.html ## in two minutes: format, vet, staticcheck, unit tests without the race detector, what was changed first
	@scripts/quick.sh $(STATICCHECK)

test: ## install what the tests need, and run all that CI runs
	@scripts/install.sh ffmpeg node chromium versitygw nginx varnishd haproxy redis-server prometheus
	@$(MAKE) --no-print-directory check test-web test-unit test-e2e

test-unit: ## unit and package tests, with the race detector; fuzz targets run their corpus
	go test -race -vet=off -timeout 20m ./...

test-web: web/node_modules/.installed ## unit tests of the pages
	cd web && npm test --silent

test-e2e: build test/e2e/node_modules/.installed ## real FFmpeg publishes, real Chromium plays
	go test -tags e2e -vet=off -count 1 -timeout 30m -parallel $(E2E_AT_ONCE) -v ./test/e2e

# Each fuzz target for a while; FUZZTIME=5s make test-fuzz for a short look.
test-fuzz: ## every parser of outside bytes, fuzzed
	@scripts/fuzz.sh $(FUZZTIME)

test-obs: build test/e2e/node_modules/.installed ## real OBS publishes by RTMP and SRT
	@scripts/install.sh ffmpeg chromium obs xvfb import
	go test -tags 'e2e obs' -count 1 -timeout 10m -v -run TestOBS ./test/e2e

bench: ## benchmarks of the hot paths, and of a peer beside them
	go test -run '^$$' -bench . -benchmem ./packager/... ./origin/... ./httpserver/... ./storage/... ./live/... ./transcode/... ./ingest/... ./media/... ./chat/...
	cd test/bench/gohlslib && go test -run '^$$' -bench . -benchmem .

bench-cdn: build test/e2e/node_modules/.installed ## viewers behind nginx and Varnish: requests, delay, CPU
	@scripts/install.sh ffmpeg nginx varnishd
	go test -tags 'e2e bench' -count 1 -timeout 15m -v -run TestBenchCDN ./test/e2e

bench-cost: build ## what an unwatched stream costs
	@scripts/install.sh ffmpeg
	go test -tags 'e2e bench' -count 1 -timeout 5m -v -run TestCost ./test/e2e

compare: build test/e2e/node_modules/.installed ## beside MediaMTX, whose binary MEDIAMTX names: load, packaging, glass to glass
	scripts/compare.sh 500 30
	STREAMS=20 scripts/compare.sh 1 5
	go test -tags 'e2e peer' -count 1 -timeout 20m -v -run TestGlassToGlassBesideMediaMTX ./test/e2e

compare-chat: build ## the chat beside Centrifugo, whose binary CENTRIFUGO names: CPU, memory, delay
	scripts/compare-chat.sh

nightly: build test/e2e/node_modules/.installed ## the long ones: fuzzing, random timelines, OBS, soak, figures, peers whose binaries are named
	@scripts/install.sh ffmpeg node chromium versitygw nginx varnishd
	$(MAKE) --no-print-directory test-fuzz
	LIGHTSTICK_TIMELINES=2000 go test -count 1 -timeout 30m -run TestRandomTimelines ./tools/check
	$(MAKE) --no-print-directory test-obs
	go test -tags 'e2e soak' -count 1 -timeout 40m -v -run 'TestTenMinutes|TestGlassToGlass|TestLowestLatency|TestArrivalsInRealTime' ./test/e2e
	LIGHTSTICK_MATRIX=20 go test -tags 'e2e soak' -count 1 -timeout 4h -v -run TestArrivalsMatrix ./test/e2e
	$(MAKE) --no-print-directory bench bench-cost bench-cdn
	@if [ -n "$${MEDIAMTX:-}" ]; then $(MAKE) --no-print-directory compare; else echo "no figures beside MediaMTX: MEDIAMTX names no binary"; fi
	@if [ -n "$${CENTRIFUGO:-}" ]; then $(MAKE) --no-print-directory compare-chat; else echo "no figures beside Centrifugo: CENTRIFUGO names no binary"; fi

screenshots: build test/e2e/node_modules/.installed ## the pictures in docs/images, from the demo
	go test -tags 'e2e screenshots' -count 1 -timeout 5m -v -run TestScreenshots ./test/e2e

release-check: web/node_modules/.installed ## build what a release holds, without publishing it
	go run $(GORELEASER) check
	go run $(GORELEASER) build --snapshot --clean

clean: ## remove what was built
	rm -rf bin dist web/node_modules test/e2e/node_modules
	find web/dist -mindepth 1 -not -name .keep -delete
