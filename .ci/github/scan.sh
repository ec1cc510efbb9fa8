#!/usr/bin/env bash
# The action's scan: all reports into one folder, annotations on standard output, the comment as the job's summary.
# In a pull request the base is scanned first, so that what changed is told. A bound that is not met is an output
# (met=false), so that later steps still show the reports.
set -euo pipefail

repository=${INPUT_PATH:-.}
reports=${INPUT_REPORTS:-${RUNNER_TEMP:-/tmp}/mlgrade-reports}
mkdir -p "$reports"

common=(--quiet)
[[ -z ${INPUT_PROJECT:-} ]] || common+=(--project "$INPUT_PROJECT")
words=("${common[@]}")
[[ -z ${INPUT_FAIL_UNDER:-} ]] || words+=(--fail-under "$INPUT_FAIL_UNDER")
[[ ${INPUT_REFUSED:-} != true ]] || words+=(--refused)

compared=false
if [[ -n ${GITHUB_BASE_REF:-} ]]; then
  if git -C "$repository" fetch --quiet --depth=1 origin "refs/heads/$GITHUB_BASE_REF" &&
    "$MLGRADE" scan "$repository" "${common[@]}" --rev FETCH_HEAD --format json --output "$reports/base.json"; then
    words+=(--baseline "$reports/base.json")
    compared=true
  else
    echo "::warning title=mlgrade::the base of the pull request could not be scanned, so nothing is compared"
  fi
fi
for gate in ${INPUT_FAIL_ON:-}; do
  # Without a base every finding would be new.
  [[ $gate == new && $compared == false ]] || words+=(--fail-on "$gate")
done

status=0
"$MLGRADE" scan "$repository" "${words[@]}" \
  --format html --output "$reports/report.html" \
  --format sarif --output "$reports/report.sarif" \
  --format markdown --output "$reports/report.md" \
  --format json --output "$reports/report.json" \
  --format badge --output "$reports/badge.svg" \
  --format github --output - || status=$?
((status <= 1)) || exit "$status"

cat "$reports/report.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
score=$(sed -n 's/^ *"ml_test_score": \([0-9.]*\),$/\1/p' "$reports/report.json" | tail -n 1)
met=$([[ $status == 0 ]] && echo true || echo false)
printf '%s\n' "score=$score" "reports=$reports" "met=$met" >>"$GITHUB_OUTPUT"
