#!/usr/bin/env bash
# Kills `hanfix fix -w` at random moments, many times, and checks that every file is the old one or the new one
# whole, and that the tree that comes out of it all equals that of a run that was left alone.
#
#   benches/kill.sh [KILLS [FILES]]      1000 kills over 2000 files, of which the damaged ones are kept, unless told
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-1000}
files=${2:-2000}
if [ -z "${NO_BUILD:-}" ]; then
    cargo build --release --quiet
    cargo build --release --quiet --example corpus
fi
hanfix=$PWD/target/release/hanfix
corpus=$PWD/target/release/examples/corpus
work=$(mktemp -d "${TMPDIR:-/tmp}/hanfix-kill.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_STATE_HOME=$work/state
"$corpus" folder old "$files"
cp -r old new
"$hanfix" fix -q -w --no-fsync --no-journal new
# Only files that change are of interest.
(cd old && find . -type f) | while read -r file; do
    if cmp -s "old/$file" "new/$file"; then rm "old/$file" "new/$file"; fi
done
files=$(find old -type f | wc -l)
(cd old && find . -type f | sort | xargs sha256sum) > old.sums
(cd new && find . -type f | sort | xargs sha256sum) > new.sums
cp -r old tree
began=$(date +%s%N)
"$hanfix" fix -q -w tree --no-fsync --no-journal
# As long as a run takes; kills are spread over all of it.
whole=$(( ($(date +%s%N) - began) / 1000000 ))
rm -rf tree
cp -r old tree
RANDOM=${SEED:-1}
done=0
rounds=0
between=0
sort new.sums | comm -23 - <(sort old.sums) > changed.sums
while [ "$done" -lt "$kills" ]; do
    # A tree that is finished begins again, with its list.
    if [ -e finished ]; then
        rm -rf tree finished list
        cp -r old tree
    fi
    "$hanfix" fix -q -w tree --state list --no-fsync --no-journal & id=$!
    delay=$((RANDOM * whole / 32768))
    sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
    if kill -KILL "$id" 2> /dev/null; then
        done=$((done + 1))
    fi
    if wait "$id" 2> /dev/null; then
        touch finished
    fi
    rounds=$((rounds + 1))
    # Every file is one of its two versions; temporary files are no one's text.
    (cd tree && find . -type f ! -name '.hanfix-*.tmp' | sort | xargs sha256sum) > now.sums
    [ "$(wc -l < now.sums)" -eq "$files" ] || { echo "a file is missing after $done kills"; exit 1; }
    if sort -u old.sums new.sums | comm -13 - <(sort now.sums) | grep .; then
        echo "a file is neither old nor new after $done kills"
        exit 1
    fi
    replaced=$(sort now.sums | comm -12 - changed.sums | wc -l)
    if [ "$replaced" -gt 0 ] && [ "$replaced" -lt "$(wc -l < changed.sums)" ]; then
        between=$((between + 1))
    fi
done
[ "$between" -gt 0 ] || { echo "no kill met a tree between old and new; the test has shown nothing"; exit 1; }
"$hanfix" fix -q -w tree --state list --no-journal
(cd tree && find . -type f | sort | xargs sha256sum) > now.sums
cmp new.sums now.sums
echo "$done kills in $rounds runs over $files files: every file old or new whole, the tree equals that of an uninterrupted run ($between times some files were old and some new)"
