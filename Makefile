# sniwatch: what can be done with it. 'make help' lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unreleased)
LDFLAGS := -X main.version=$(VERSION)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Live capture needs a C compiler and libpcap's headers. Without them everything
# else is built, and says of live capture that it was left out.
HAS_PCAP := $(shell printf '\#include <pcap.h>\n' | $(or $(CC),cc) -E - >/dev/null 2>&1 && echo 1 || echo 0)
CGO := $(or $(CGO_ENABLED),$(HAS_PCAP))
GO := CGO_ENABLED=$(CGO) go
RACE := $(if $(filter 1,$(CGO)),-race)

.PHONY: help run build deps test check golden pcaps lab soak load fuzz bench pgo clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: deps ## install what is lacking, build, and explain the case of the article
	@$(MAKE) --no-print-directory build
	@echo '$$ bin/sniwatch -r pcaps/article.pcap --cert pcaps/certs/www.pem --roots pcaps/certs/root.pem --origin-domain origin.example.com'
	@bin/sniwatch -r pcaps/article.pcap --cert pcaps/certs/www.pem --roots pcaps/certs/root.pem --origin-domain origin.example.com

build: ## build bin/sniwatch
	@mkdir -p bin
	$(GO) build -trimpath -pgo=cmd/sniwatch/hot.pgo -ldflags '$(LDFLAGS)' -o bin/sniwatch ./cmd/sniwatch

deps: ## install libpcap's headers, if they are lacking and this user may
	@.ci/deps go libpcap

test: deps ## run all tests
	@$(MAKE) --no-print-directory unit

.PHONY: unit
unit:
	$(GO) test $(RACE) ./...

check: ## formatting, vet, staticcheck, go.mod, and the build without cgo
	@wrong=$$(gofmt -l .); test -z "$$wrong" || { echo "gofmt -w $$wrong"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	go mod tidy -diff
	CGO_ENABLED=0 go build ./...
	CGO_ENABLED=0 go test ./...

golden: ## write the expected reports and texts anew, and show what changed
	$(GO) test ./cmd/sniwatch -run 'SamplesText|CheckText' -update
	$(GO) test ./analyze ./analyze/report -update
	git diff --stat

pcaps: ## make the sample captures anew; there must be no difference
	go run ./pcaps/gen -o pcaps
	git diff --stat --exit-code -- pcaps ':!*.go'

lab: build ## play the cases with real servers, as root: all, or SCENARIO=row6; SAVE=FOLDER keeps the packets
	go run ./pcaps/lab $(if $(SAVE),-save '$(SAVE)') $(SCENARIO)

SOAK ?= 1h
soak: build ## leave sniwatch running for an hour (SOAK), as root: 500 handshakes a second, faults and accidents
	go run ./pcaps/lab -soak $(SOAK)

LOAD ?= 10m
load: build ## replay a busy origin's traffic past it for ten minutes (LOAD), as root: 100,000 packets a second
	go run ./pcaps/lab -load $(LOAD)

FUZZTIME ?= 30s
fuzz: ## run each fuzz target for FUZZTIME (30s)
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$dir/*_test.go | cut -d' ' -f2 | sort -u); do \
	    echo "$$dir $$target"; $(GO) test $$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME); \
	  done; done

bench: build ## measure speed and memory against tcpdump and tshark
	go run ./pcaps/bench $(BENCH)

# The compiler inlines more where the profile says that time goes. It has only
# names of functions, so it holds while the code changes, and ages slowly. It is
# no default.pgo: then every test of the program would compile everything again.
pgo: ## measure anew where time goes, for the compiler: cmd/sniwatch/hot.pgo
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	$(GO) test ./cmd/sniwatch -run '^$$' -bench '^BenchmarkKinds$$' -benchtime 4s -o "$$dir/test" -cpuprofile "$$dir/profile"; \
	$(GO) tool pprof -proto -focus 'watching..file$$$$' -output cmd/sniwatch/hot.pgo "$$dir/test" "$$dir/profile"

clean: ## remove what was built
	rm -rf bin bench
