#!/usr/bin/env bash
# The drills of examples/drilled-service are real: `alerts` runs its tests of the alert rules with Debian's promtool,
# `faults` its fault-injecting tests and the drill itself with python3 alone. Skipped (77) where the program is missing.
set -euo pipefail
cd "$(dirname "$0")/../../examples/drilled-service"

need() {
  if ! command -v "$1" >/dev/null; then
    echo "SKIP: $1 is not installed ($2)"
    exit 77
  fi
}

case ${1:-} in
  alerts)
    need promtool "Debian's package prometheus"
    promtool check rules monitoring/alerts.yml
    promtool test rules monitoring/tests/alerts_test.yml
    # A test that could not fail would prove nothing: without the threshold the alert fires at once.
    spoilt=$(mktemp -d)
    trap 'rm -rf "$spoilt"' EXIT
    cp -r monitoring "$spoilt"
    sed -i 's/> 6 \* 3600/> 0/' "$spoilt/monitoring/alerts.yml"
    if promtool test rules "$spoilt/monitoring/tests/alerts_test.yml" >"$spoilt/log" 2>&1; then
      echo "the tests of the rules pass with a spoilt alert"
      exit 1
    fi
    ;;
  faults)
    need python3 "the tests need no package beside it"
    export PYTHONDONTWRITEBYTECODE=1
    python3 -m unittest discover -s tests -t .
    record=$(mktemp)
    trap 'rm -f "$record"' EXIT
    python3 -m heatload.drill "$record"
    python3 -c 'import json, sys; sys.exit(len(json.load(open(sys.argv[1]))["drills"]) != 6)' "$record"
    ;;
  *)
    echo "usage: $0 alerts|faults" >&2
    exit 2
    ;;
esac
