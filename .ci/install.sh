#!/usr/bin/env bash
# Installs what building and testing needs on Debian 12/13 and Ubuntu 24.04, starting from git and make only:
# packages of the distribution (as root or by sudo), grammars and test helpers of package-lock.json into node_modules.
# Asks first; does nothing where all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# Programs count wherever they come from; their package is wanted only if the command is missing.
tools=(g++:g++ cmake:cmake ninja:ninja-build pkg-config:pkg-config node:nodejs npm:npm)
libraries=(
  libyaml-cpp-dev nlohmann-json3-dev libfmt-dev libgtest-dev libgmock-dev libbenchmark-dev libtomlplusplus-dev
  libcli11-dev libgit2-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libtbb-dev
)

# With --tests also what tests hold our output against, each of which is skipped, and says so, where its program lacks:
# - pages are looked at in a browser, Debian's chromium, or whichever is there. Ubuntu's package of that name is a snap,
#   which no container runs, so there the test is skipped unless a Chrome is installed.
# - shellcheck reads the scripts of the action and of the template.
# - promtool judges alert rules. Its package, prometheus, starts a server once it is installed, so only the program is
#   taken out of the package, into build/tools, which `make test` puts on the PATH.
has_browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  return 1
}
wants_tests=false
if [[ ${1:-} == --tests ]]; then
  wants_tests=true
  tools+=(shellcheck:shellcheck)
  if ! has_browser && grep -qs '^ID=debian' /etc/os-release; then tools+=(chromium:chromium); fi
fi

missing=()
for pair in "${tools[@]}"; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair#*:}")
done
if command -v dpkg-query >/dev/null 2>&1; then
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${libraries[@]}" 2>/dev/null || true)
  for library in "${libraries[@]}"; do
    grep -qx "installed $library" <<<"$installed" || missing+=("$library")
  done
else
  echo "install.sh: not Debian or Ubuntu; make sure that these are installed: ${libraries[*]}" >&2
fi

if ((${#missing[@]})); then
  command -v apt-get >/dev/null 2>&1 || fail "missing, and there is no apt-get to install them: ${missing[*]}"
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null 2>&1 || fail "missing: ${missing[*]}; run as root, or install sudo"
    as_root=(sudo)
  fi
  echo "install.sh: installing ${missing[*]}"
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  "${apt[@]}" update || echo "install.sh: apt-get update failed; trying with the lists at hand" >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]}"
fi

take_promtool() {
  local work
  work=$(mktemp -d) || return 1
  (cd "$work" && apt-get -qq download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - ./usr/bin/promtool) &&
    mkdir -p build/tools && mv "$work/usr/bin/promtool" build/tools/promtool
  local result=$?
  rm -rf "$work"
  return "$result"
}
if $wants_tests && [[ ! -x build/tools/promtool ]] && ! command -v promtool >/dev/null 2>&1; then
  echo "install.sh: taking promtool out of the package prometheus"
  take_promtool >/dev/null 2>&1 || echo "install.sh: promtool could not be had; its tests are skipped" >&2
fi

# npm writes node_modules/.package-lock.json last, so it tells a complete installation.
if [[ ! -e node_modules/.package-lock.json || package-lock.json -nt node_modules/.package-lock.json ]]; then
  echo "install.sh: installing the grammars (npm ci)"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ||
    fail "npm ci failed: is the npm registry reachable (npm ping)?"
  touch node_modules/.package-lock.json
fi
