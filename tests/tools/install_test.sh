#!/usr/bin/env bash
# Usage: install_test.sh <build folder>
# Installs into a folder that DESTDIR names, and tries what was installed: the program, the completions, the page.
set -euo pipefail

build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

DESTDIR=$work cmake --install "$build" --prefix /opt/mlgrade >"$work/log" || fail "cmake --install: $(cat "$work/log")"
share=$work/opt/mlgrade/share
"$work/opt/mlgrade/bin/mlgrade" --version >/dev/null || fail "the installed program does not run"

complete() { # complete <words...>: what bash offers for the last one
  bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mlgrade; printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$share/bash-completion/completions/mlgrade" "$@"
}
expect() { # expect <text> <words...>
  complete "${@:2}" | grep -x -- "$1" >/dev/null || fail "bash does not offer $1 for: ${*:2}; but $(complete "${@:2}" | tr '\n' ' ')"
}
expect scan mlgrade sc
expect --baseline mlgrade scan --bas
expect sarif mlgrade scan . --format sa
expect medium mlgrade scan --fail-on me
expect rules mlgrade list ru
expect zsh mlgrade generate zs
expect init mlgrade in
expect --force mlgrade init --fo
expect github mlgrade init --workflow gi
[[ $(complete mlgrade scan --format x) != *--* ]] || fail "bash offers options for a value"

for shell in zsh fish; do
  file=$share/zsh/site-functions/_mlgrade
  [[ $shell == zsh ]] || file=$share/fish/vendor_completions.d/mlgrade.fish
  grep -q baseline "$file" || fail "$file does not know --baseline"
  if command -v "$shell" >/dev/null; then "$shell" -n "$file" || fail "$shell does not read its completion"; fi
done

page=$share/man/man1/mlgrade.1
grep -q '^\.SH EXIT STATUS' "$page" || fail "no manual page"
grep -q '^\.SS init' "$page" || fail "the manual page does not know init"
if command -v groff >/dev/null; then
  complaints=$(groff -man -Tutf8 -ww -z "$page" 2>&1) || fail "groff fails"
  [[ -z $complaints ]] || fail "groff: $complaints"
fi
echo "installed and tried"
