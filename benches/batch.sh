#!/usr/bin/env bash
# Folders, records and archives: rate, peak memory, one and two threads, beside other programs, all in one run.
#
#   [FILES=100000] [JSONL=2000] [WARC=1000] [ENTRIES=5000] benches/batch.sh     sizes in files, MB, MB, entries
#
# The processor time does not depend on what else runs on the machine; the time does.
# PEERS is the bin folder of a Python environment with ftfy and opencc, for the Python loop; the command line
# program opencc is used where it is there. Peers that start for every file are measured over a part and scaled up.
set -euo pipefail
cd "$(dirname "$0")/.."
files=${FILES:-100000}
if [ -z "${NO_BUILD:-}" ]; then
    cargo build --release --quiet
    cargo build --release --quiet --example corpus
fi
hanfix=$PWD/target/release/hanfix
corpus=$PWD/target/release/examples/corpus
work=$(mktemp -d "${TMPDIR:-/tmp}/hanfix-batch.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_STATE_HOME=$work/state
"$corpus" folder small "$files"
"$corpus" jsonl big.jsonl "${JSONL:-2000}"
"$corpus" warc big.warc.gz "${WARC:-1000}"
"$corpus" zip many.zip "${ENTRIES:-5000}"
bytes() { du -sb --apparent-size "$1" | cut -f1; }

# Runs a command; its name, seconds, processor seconds, MB/s of the input, peak memory.
measure() {
    local name=$1 input=$2 size
    shift 2
    size=$(bytes "$input")
    python3 - "$name" "$size" "$@" << 'PYTHON'
import resource, subprocess, sys, time
name, size, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
start = time.time()
code = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
seconds = time.time() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
processor, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
print(f"| {name} | {seconds:.2f} s | {processor:.2f} s | {size / 1e6 / seconds:.1f} MB/s | {peak:.0f} MiB |" + ("" if code in (0, 1) else f" exit {code}"))
PYTHON
}

# A command for each of the first 200 files, scaled up to all.
for_each() {
    local name=$1 count=200
    shift
    # In two steps: a sort whose reader has gone would end the script.
    find small -type f | sort > all
    head -n $count all > list
    local start end
    start=$(date +%s.%N)
    while read -r file; do "$@" "$file" > /dev/null; done < list
    end=$(date +%s.%N)
    awk -v name="$name" -v a="$start" -v b="$end" -v n=$count -v all="$files" \
        'BEGIN { printf "| %s, scaled up from %d files | %.0f s | | | |\n", name, n, (b - a) * all / n }'
}

echo "| what | time | processor time | rate of the input | peak memory |"
echo "|---|---|---|---|---|"
# What was written stays to the end: ext4 makes new files slowly for some seconds after many were removed.
measure "cp -r, $files files" small cp -r small copy
measure "hanfix check -j1" small "$hanfix" check -q -j1 small
measure "hanfix check -j2" small "$hanfix" check -q -j2 small
measure "hanfix fix -o, --no-fsync, -j1" small "$hanfix" fix -q -j1 small -o out1 --no-fsync
measure "hanfix fix -o, --no-fsync, -j2" small "$hanfix" fix -q -j2 small -o out2 --no-fsync
cp -r small tree
measure "hanfix fix -w, with journal and fsync, -j2" tree "$hanfix" fix -q -j2 -w tree
measure "hanfix fix -w again" tree "$hanfix" fix -q -j2 -w tree
if command -v opencc > /dev/null; then
    for_each "opencc t2s in a shell loop" opencc -c t2s.json -i
fi
if [ -n "${PEERS:-}" ]; then
    mkdir part
    cp small/*/*0.txt part
    measure "a Python loop over ftfy and OpenCC, one file in ten" part "$PEERS/python3" -c '
import glob, ftfy, opencc
converter = opencc.OpenCC("t2s")
for path in sorted(glob.glob("part/*.txt")):
    converter.convert(ftfy.fix_text(open(path, encoding="utf-8").read()))'
fi
measure "wc, JSON lines" big.jsonl wc big.jsonl
measure "hanfix fix --field text -j1" big.jsonl "$hanfix" fix -q -j1 big.jsonl --field text -o out.jsonl --no-fsync
measure "hanfix fix --field text -j2" big.jsonl "$hanfix" fix -q -j2 big.jsonl --field text -o out.jsonl --no-fsync
rm out.jsonl
measure "zcat and wc, WARC" big.warc.gz bash -c 'zcat big.warc.gz | wc'
measure "hanfix fix, WARC, -j1" big.warc.gz "$hanfix" fix -q -j1 big.warc.gz -o out.warc.gz --no-fsync
measure "hanfix fix, WARC, -j2" big.warc.gz "$hanfix" fix -q -j2 big.warc.gz -o out.warc.gz --no-fsync
rm out.warc.gz
measure "hanfix fix, zip of ${ENTRIES:-5000} entries" many.zip "$hanfix" fix -q many.zip -o out.zip --no-fsync
