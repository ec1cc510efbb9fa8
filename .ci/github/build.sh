#!/usr/bin/env bash
# The action's first step: the mlgrade on the PATH, else one that is built here. Says where it is.
set -euo pipefail

program=$(command -v mlgrade || true)
if [[ -z $program ]]; then
  cd "$(dirname "$0")/../.."
  make --no-print-directory build/release/build.ninja
  cmake --build --preset release --target mlgrade -- --quiet
  program=$PWD/build/release/mlgrade
fi
"$program" --version
echo "mlgrade=$program" >>"$GITHUB_OUTPUT"
