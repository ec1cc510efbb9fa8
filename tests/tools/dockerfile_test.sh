#!/usr/bin/env bash
# Usage: dockerfile_test.sh <build folder> <root of the source tree>
# What can be told of the Dockerfile without building it: what it copies is there, what it runs is what the Makefile
# offers, what it copies out is what that installs, and the libraries that the program needs are in its packages.
set -euo pipefail

build=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# Instructions, a line each: continued lines joined, comments gone.
sed -e '/^[[:space:]]*#/d' -e ':a' -e '/\\$/{N;s/\\\n[[:space:]]*//;ba' -e '}' "$root/Dockerfile" >"$work/instructions"

# What is copied from the context is there, and .dockerignore leaves out nothing that git holds.
copies=0
while read -r _ words; do
  read -ra paths <<<"$words"
  unset 'paths[-1]'
  for path in "${paths[@]}"; do
    [[ -e $root/$path ]] || fail "COPY of '$path', which is not there"
    copies=$((copies + 1))
  done
done < <(grep '^COPY ' "$work/instructions" | grep -v -- --from=)
((copies > 0)) || fail "nothing is copied from the context"
if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then
  while read -r pattern; do
    held=$(git -C "$root" ls-files -- "$pattern" | head -n 1)
    [[ -z $held ]] || fail ".dockerignore leaves out $held"
  done < <(grep -v '^[[:space:]]*\(#\|$\)' "$root/.dockerignore")
fi

# What is made is made by a target of the Makefile, with variables that it knows.
read -ra make_words <<<"$(grep -o 'make install[^&]*' "$work/instructions" | head -n 1)"
((${#make_words[@]} > 1)) || fail "the program is not installed by make"
plan=$(cd "$root" && make --no-print-directory -n "${make_words[@]:1}" 2>&1) || fail "make -n ${make_words[*]:1}: $plan"
grep -q 'DESTDIR="/installed" cmake --install build/release --prefix "/usr/local"' <<<"$plan" ||
  fail "make ${make_words[*]:1} installs otherwise: $plan"

# What the second stage takes is what that installs, and its entry point is among it.
DESTDIR=$work/installed cmake --install "$build" --prefix /usr/local >"$work/log" || fail "cmake --install: $(cat "$work/log")"
taken=$(sed -n 's/^COPY --from=build \([^ ]*\) .*/\1/p' "$work/instructions")
[[ -d $work$taken ]] || fail "COPY --from=build $taken, which is not installed"
entry=$(sed -n 's/^ENTRYPOINT \["\([^"]*\)"\]$/\1/p' "$work/instructions")
[[ -x $work$taken/bin/$entry ]] || fail "ENTRYPOINT $entry is not installed"

# On the distribution of the image: each library is of the base (what apt itself needs) or of a package that is installed.
if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release && command -v dpkg-query >/dev/null && command -v objdump >/dev/null; then
  packages=" $(sed -n '/^FROM .* AS /d; s/.*--no-install-recommends \([^&]*\)&&.*/\1/p' "$work/instructions" | tail -n 1) "
  base=" libc6 libstdc++6 libgcc-s1 "
  while read -r library; do
    owners=$(dpkg-query -S "*/$library" 2>/dev/null | cut -d: -f1 | sort -u | tr '\n' ' ')
    [[ -n $owners ]] || continue # not of a package: built by hand on this machine
    there=false
    for owner in $owners; do
      [[ $packages$base != *" $owner "* ]] || there=true
    done
    $there || fail "the image lacks $library, of ${owners% }"
  done < <(objdump -p "$work$taken/bin/$entry" | awk '$1 == "NEEDED" { print $2 }')
else
  echo "not Debian 12 with binutils; the libraries of the image are not checked"
fi

((failures == 0)) || exit 1
echo "Dockerfile checked without docker"
