#!/usr/bin/env bash
# Kills `hanfix fix -w` at random moments, many times, and checks that every file is the old one or the new one
# whole, and that the tree that comes out of it all equals that of a run that was left alone.
#
#   benches/kill.sh [KILLS [FILES]]      1000 kills over 3000 files unless told
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-1000}
files=${2:-3000}
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
"$hanfix" fix -q -w --no-journal new
(cd old && find . -type f | sort | xargs sha256sum) > old.sums
(cd new && find . -type f | sort | xargs sha256sum) > new.sums
cp -r old tree
RANDOM=${SEED:-1}
done=0
rounds=0
while [ "$done" -lt "$kills" ]; do
    # A tree that is finished begins again, with its list.
    if [ -e finished ]; then
        rm -rf tree finished list
        cp -r old tree
    fi
    "$hanfix" fix -q -w tree --state list --no-fsync --no-journal & id=$!
    sleep "0.$(printf %03d $((5 + RANDOM % 120)))"
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
done
"$hanfix" fix -q -w tree --state list --no-journal
(cd tree && find . -type f | sort | xargs sha256sum) > now.sums
cmp new.sums now.sums
echo "$done kills in $rounds runs over $files files: every file old or new whole, the tree equals that of an uninterrupted run"
