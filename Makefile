# Thin front end over CMakePresets.json: installs what is missing, builds, runs. All build logic is in CMake.
#
#   make scan [REPO=dir] [ARGS=...]     scan a repository with the release build
#   make test                           build release, run every test
#   make check                          development build with its tests, format and clang-tidy checks
#   make bench | format | clean
#   make corpus DIR=dir                 run over a folder of checked-out repositories
#   make new-rule NAME=topic/name [KIND=cc]
#   make install [prefix=/usr/local] [DESTDIR=]

REPO ?= examples/churn-service
ARGS ?=
KIND ?= yaml
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
JOBS ?= $(shell nproc)

.DEFAULT_GOAL := scan
.PHONY: scan test check bench corpus new-rule format clean install deps release test-deps FORCE

# The stamp says that everything outside this repository was there; it is void when a piece has gone since.
present := $(and $(wildcard node_modules/.package-lock.json),$(shell command -v cmake),$(shell command -v ninja))

build/.deps: .ci/install.sh package.json package-lock.json .npmrc $(if $(present),,FORCE)
	@.ci/install.sh 1>&2
	@mkdir -p build && touch $@

deps: build/.deps

# Ninja configures again by itself when a CMake file changes; this rule is for the first time and new presets.
build/%/build.ninja: CMakePresets.json build/.deps
	@cmake --preset $* 1>&2
	@touch $@

# Shows the progress of the first build only.
scan: build/release/build.ninja
	@cmake --build --preset release --target mlgrade $(if $(wildcard build/release/mlgrade),-- --quiet) 1>&2
	@build/release/mlgrade scan $(REPO) $(ARGS)

release: build/release/build.ninja
	@cmake --build --preset release

# Tests hold what is written against a browser, shellcheck and promtool; a scan needs none of them.
test-deps:
	@.ci/install.sh --tests 1>&2

test: test-deps release
	@PATH="$(CURDIR)/build/tools:$$PATH" ctest --preset release -j $(JOBS)

check: build/.deps
	@cmake --workflow --preset check

bench: build/release/build.ninja
	@cmake --build --preset release --target mlgrade_bench
	@build/release/mlgrade_bench $(ARGS)

corpus: build/release/build.ninja
	@test -n "$(DIR)" || { echo "usage: make corpus DIR=<folder of checked-out repositories>" >&2; exit 2; }
	@cmake --build --preset release --target mlgrade -- --quiet 1>&2
	@tests/corpus/run.sh "$(DIR)"

new-rule:
	@test -n "$(NAME)" || { echo "usage: make new-rule NAME=topic/name [KIND=yaml|cc]" >&2; exit 2; }
	@tests/tools/new_rule.sh "$(NAME)" "$(KIND)"

format:
	@tests/tools/format.sh fix

install: build/release/build.ninja
	@cmake --build --preset release --target mlgrade
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(prefix)"

clean:
	@rm -rf build

FORCE:
