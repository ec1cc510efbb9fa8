#!/usr/bin/env bash
# Keeps one comment on the pull request up to date. A token that may not write, as for forks, is a warning.
set -euo pipefail

[[ ${GITHUB_REF:-} =~ ^refs/pull/([0-9]+)/ ]] || { echo "comment.sh: this is no pull request"; exit 0; }
comments="repos/$GITHUB_REPOSITORY/issues/${BASH_REMATCH[1]}/comments"

if ! ids=$(gh api --paginate "$comments" --jq '.[] | select(.body | startswith("<!-- mlgrade -->")) | .id'); then
  echo "::warning title=mlgrade::the comments of the pull request cannot be read"
  exit 0
fi
id=${ids%%$'\n'*}
if [[ -n $id ]]; then
  target=(--method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id")
else
  target=(--method POST "$comments")
fi
gh api "${target[@]}" --field "body=@$REPORTS/report.md" --silent ||
  echo "::warning title=mlgrade::the comment cannot be written; the summary of the job holds it"
