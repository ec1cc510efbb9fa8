#!/usr/bin/env bash
# Usage: ci_scripts_test.sh <mlgrade> <root of the source tree>
# The scripts of the GitHub action and of the GitLab template: held to shellcheck where it is installed, and run in a
# checkout of a pull request with the variables that the hosts set.
set -euo pipefail

mlgrade=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

expect() { # expect <file> <text>
  grep -qF -- "$2" "$1" || fail "$1 does not hold '$2': $(head -c 2000 "$1")"
}

# The template's script, as a file.
gitlab=$work/gitlab.sh
{ echo '#!/bin/sh'; awk '/^    - \|$/ { on = 1; next } /^  artifacts:/ { on = 0 } on { print substr($0, 7) }' "$root/.ci/gitlab/mlgrade.yml"; } >"$gitlab"
expect "$gitlab" gl-code-quality-report.json

if command -v shellcheck >/dev/null; then
  shellcheck "$root"/.ci/github/*.sh "$root"/.ci/*.sh "$root"/.ci/run "$gitlab" "$root"/tests/tools/*.sh "$root"/tests/corpus/*.sh || fail shellcheck
else
  echo "shellcheck is not installed; its part is skipped"
fi

git_in() {
  HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -C "$1" -c user.name=Ann -c user.email=ann@example.org \
    -c init.defaultBranch=main -c protocol.file.allow=always "${@:2}" >/dev/null 2>&1
}

# A host's repository with a main branch, and a checkout of a pull request that swallows the tests' failure.
mkdir -p "$work/host/tests" "$work/host/.github/workflows"
cat >"$work/host/features.py" <<'END'
def clean_text(text):
    return text.strip().lower()
END
cat >"$work/host/train.py" <<'END'
from sklearn.svm import SVC
from features import clean_text

model = SVC().fit([[len(clean_text("a"))], [1]], [0, 1])
END
cat >"$work/host/tests/test_features.py" <<'END'
from features import clean_text


def test_empty():
    assert clean_text("") == ""
END
cat >"$work/host/.github/workflows/ci.yml" <<'END'
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest tests
END
git_in "$work/host" init
git_in "$work/host" add -A
git_in "$work/host" commit -m first
git_in "$work" clone --quiet "file://$work/host" "$work/checkout"
sed -i 's/pytest tests/pytest tests || true/' "$work/checkout/.github/workflows/ci.yml"
git_in "$work/checkout" commit -am second

# A stand-in for GitHub's program: remembers its words, knows no comment at first and one later.
mkdir "$work/bin"
ln -s "$mlgrade" "$work/bin/mlgrade"
cat >"$work/bin/gh" <<'END'
#!/usr/bin/env bash
echo "$*" >>"$GH_LOG"
[[ $* != *--paginate* ]] || cat "$GH_COMMENTS"
END
chmod +x "$work/bin/gh"
export PATH="$work/bin:$PATH" GH_LOG=$work/gh.log GH_COMMENTS=$work/comments
: >"$GH_COMMENTS"

export GITHUB_OUTPUT=$work/output GITHUB_STEP_SUMMARY=$work/summary RUNNER_TEMP=$work/temporary
export GITHUB_BASE_REF=main GITHUB_REF=refs/pull/12/merge GITHUB_REPOSITORY=ann/churn
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.file.allow GIT_CONFIG_VALUE_0=always

# Steps of action.yml as the host runs them: its line, through bash, with what the action hands over. What it hands over
# is what the scripts ask for, and what later steps use is what the scripts give.
step() { # step <name of the script>: the line of action.yml that runs it
  local line
  line=$(sed -n "s|^ *run: '\\(.*/$1.sh\"\\)'\$|\\1|p" "$root/action.yml")
  [[ -n $line ]] || fail "action.yml does not run $1.sh"
  GITHUB_ACTION_PATH=$root bash --noprofile --norc -eo pipefail -c "$line"
}
asked=$(grep -oh 'INPUT_[A-Z_]*' "$root"/.ci/github/*.sh | sort -u)
given=$(grep -o 'INPUT_[A-Z_]*:' "$root/action.yml" | tr -d : | sort -u)
[[ $asked == "$given" ]] || fail "action.yml gives $(tr '\n' ' ' <<<"$given"), the scripts ask for $(tr '\n' ' ' <<<"$asked")"
while read -r input; do
  grep -q "^  ${input#inputs.}:$" "$root/action.yml" || fail "action.yml has no input ${input#inputs.}"
done < <(grep -o 'inputs\.[a-z-]*' "$root/action.yml" | sort -u)
while read -r output; do
  script=${output#steps.}
  grep -q "${output##*.}=" "$root/.ci/github/${script%%.*}.sh" || fail "no script gives $output"
done < <(grep -oh 'steps\.[a-z]*\.outputs\.[a-z]*' "$root/action.yml" | sort -u)
# The workflow that `mlgrade init` writes uses inputs that the action has.
while read -r input; do
  grep -q "^  $input:$" "$root/action.yml" || fail "mlgrade.yml hands over '$input', which action.yml does not take"
done < <(sed -n '/uses: \.\/mlgrade$/,$ s/^          \([a-z-]*\): .*/\1/p' "$root/.ci/github/mlgrade.yml")

step build >"$work/build.log" || fail "build.sh exits with $?"
expect "$GITHUB_OUTPUT" "mlgrade=$work/bin/mlgrade"
# Without one on the PATH it is built, here by stand-ins that remember their words.
mkdir -p "$work/action/build/release" "$work/stand-ins"
cp -r "$root/.ci" "$work/action/"
ln -s "$mlgrade" "$work/action/build/release/mlgrade"
for tool in make cmake; do
  printf '#!/bin/sh\necho "%s $*" >>"%s"\n' "$tool" "$work/built" >"$work/stand-ins/$tool"
  chmod +x "$work/stand-ins/$tool"
done
if [[ -z $(PATH=/usr/bin:/bin command -v mlgrade) ]]; then
  GITHUB_OUTPUT=$work/built-output PATH=$work/stand-ins:/usr/bin:/bin "$work/action/.ci/github/build.sh" >/dev/null ||
    fail "build.sh exits with $? where it has to build"
  expect "$work/built" "make --no-print-directory build/release/build.ninja"
  expect "$work/built" "cmake --build --preset release --target mlgrade"
  expect "$work/built-output" "mlgrade=$work/action/build/release/mlgrade"
fi

(cd "$work/checkout" && MLGRADE=$work/bin/mlgrade INPUT_FAIL_ON=new step scan) >"$work/scan.log" ||
  fail "scan.sh exits with $?"
expect "$GITHUB_OUTPUT" score=0
expect "$GITHUB_OUTPUT" met=false
expect "$GITHUB_OUTPUT" "reports=$work/temporary/mlgrade-reports"
expect "$work/scan.log" "::error file=.github/workflows/ci.yml,line=6"
expect "$GITHUB_STEP_SUMMARY" "#### Changed items"
expect "$GITHUB_STEP_SUMMARY" "DATA-7"
for file in report.html report.sarif report.md report.json badge.svg; do
  [[ -s $work/temporary/mlgrade-reports/$file ]] || fail "no $file"
done

# Nothing to compare with: bounds on what is new do not fail, and it is said.
: >"$GITHUB_OUTPUT"
(cd "$work/checkout" && GITHUB_BASE_REF=gone MLGRADE=$work/bin/mlgrade INPUT_FAIL_ON=new "$root/.ci/github/scan.sh") \
  >"$work/scan.log" 2>/dev/null || fail "scan.sh without a base exits with $?"
expect "$work/scan.log" "::warning title=mlgrade::the base of the pull request could not be scanned"
expect "$GITHUB_OUTPUT" met=true

# Bounds, a project and items without points reach the program.
: >"$GITHUB_OUTPUT"
(cd "$work" && GITHUB_BASE_REF='' MLGRADE=$work/bin/mlgrade INPUT_PATH=checkout INPUT_PROJECT=tests INPUT_REFUSED=true \
  INPUT_FAIL_UNDER=7 INPUT_FAIL_ON="high medium" INPUT_REPORTS=$work/elsewhere step scan) >"$work/scan.log" ||
  fail "scan.sh of a project exits with $?"
expect "$GITHUB_OUTPUT" met=false
expect "$work/elsewhere/report.json" '"project": "tests"'
expect "$work/elsewhere/report.sarif" '"ml-test-score"' # the tag of items

# What is wrong with the call stops the step.
if (cd "$work/checkout" && MLGRADE=$work/bin/mlgrade INPUT_FAIL_UNDER=eight "$root/.ci/github/scan.sh") >/dev/null 2>&1; then
  fail "scan.sh takes --fail-under eight"
fi

export REPORTS=$work/temporary/mlgrade-reports
step comment || fail "comment.sh exits with $?"
expect "$GH_LOG" "--method POST repos/ann/churn/issues/12/comments --field body=@$REPORTS/report.md"
echo 77 >"$GH_COMMENTS"
"$root/.ci/github/comment.sh" || fail "comment.sh exits with $?"
expect "$GH_LOG" "--method PATCH repos/ann/churn/issues/comments/77"
GITHUB_REF=refs/heads/main "$root/.ci/github/comment.sh" >"$work/none" || fail "comment.sh outside a pull request"
expect "$work/none" "no pull request"
# A token that may not write, as for forks, is a warning.
printf '#!/bin/sh\nexit 1\n' >"$work/stand-ins/gh"
chmod +x "$work/stand-ins/gh"
PATH=$work/stand-ins:$PATH "$root/.ci/github/comment.sh" >"$work/none" 2>/dev/null || fail "comment.sh without rights exits with $?"
expect "$work/none" "::warning title=mlgrade::"

(cd "$work/checkout" && MLGRADE_GATES="" CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main sh "$gitlab") >/dev/null 2>"$work/gitlab.log" &&
  fail "the template's job does not fail on a new finding"
expect "$work/gitlab.log" "new against"
expect "$work/checkout/gl-code-quality-report.json" automation/check-cannot-fail
for file in mlgrade.xml mlgrade.html mlgrade.md; do
  [[ -s $work/checkout/$file ]] || fail "no $file"
done
(cd "$work/checkout" && MLGRADE_GATES="--fail-under 0" sh "$gitlab") || fail "the template's job on a branch exits with $?"
(cd "$work/checkout" && MLGRADE_GATES="" CI_MERGE_REQUEST_TARGET_BRANCH_NAME=gone sh "$gitlab") 2>"$work/gitlab.log" ||
  fail "the template's job without a base exits with $?"
expect "$work/gitlab.log" "nothing is compared"

# The hook of pre-commit stops a commit that swallows the tests' failure, and lets the first one pass.
entry=$(sed -n 's/^  entry: //p' "$root/.pre-commit-hooks.yaml")
if (cd "$work/checkout" && bash -c "$entry") >"$work/hook.log" 2>/dev/null; then fail "the hook lets a lost failure pass"; fi
expect "$work/hook.log" "::error file=.github/workflows/ci.yml,line=6"
(cd "$work/host" && bash -c "$entry") >/dev/null || fail "the hook stops a commit without a finding"

((failures == 0)) || exit 1
echo "scripts checked and run"
