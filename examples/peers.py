#!/usr/bin/env python3
"""hanfix and other programs on the same misread sentences and the same few bytes: the tables of docs/measurements.md.

  python3 -m venv /somewhere/venv && /somewhere/venv/bin/pip install 'ftfy~=6.3' plsfix 'charset-normalizer~=3.5' 'chardet>=7'
  /somewhere/venv/bin/python examples/peers.py misreads CORPORA SENTENCES [EVERY [PROCESSES]]
                                                      one in EVERY sentences for the peers
  /somewhere/venv/bin/python examples/peers.py detection CORPORA SAMPLES

Needs `cargo build --release --examples`. charset-normalizer reads bytes, so it is given those of the wrong codec: the
true one, which nobody would tell it."""
import collections, concurrent.futures, json, subprocess, sys

import chardet, charset_normalizer, ftfy, plsfix

CODECS = {'windows-1252': 'cp1252', 'windows-1250': 'cp1250', 'windows-1251': 'cp1251', 'windows-1254': 'cp1254',
          'macintosh': 'mac_roman', 'gbk': 'gbk', 'big5': 'big5hkscs', 'shift_jis': 'cp932', 'euc-jp': 'euc_jp',
          'euc-kr': 'cp949', 'latin-1': 'latin-1', 'cp437': 'cp437', 'utf-8': 'utf-8'}


def distance(a, b):
    if a == b:
        return 0
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        left, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left + (x != y))
    return row[-1]


def normalizer(case):
    try:
        best = charset_normalizer.from_bytes(case['shown'].encode(CODECS[case['wrong']], 'ignore')).best()
        return str(best) if best else case['shown']
    except Exception:
        return case['shown']


def lines(*command, text=None):
    run = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    # Not splitlines: the texts have control characters that it takes for line ends.
    return run.stdout.rstrip('\n').split('\n')


def misreads(corpora, count, every=10, processes=1):
    program = 'target/release/examples/misreads'
    cases = lines(program, 'cases', corpora, str(count))
    part = lambda first: lines(program, 'repair', text='\n'.join(cases[first::processes]) + '\n')
    with concurrent.futures.ThreadPoolExecutor(processes) as threads:
        parts = list(threads.map(part, range(processes)))
    repaired = [parts[i % processes][i // processes] for i in range(len(cases))]
    rows = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0, 0, 0]))
    false = collections.Counter()
    for i, line in enumerate(repaired):
        case = json.loads(line)
        results = {'hanfix': case['hanfix']}
        if i % every == 0:
            results['ftfy'] = ftfy.fix_encoding(case['shown'])
            results['plsfix'] = plsfix.fix_text(case['shown'])
            results['c-n'] = normalizer(case)
        key = (case['layers'], case['loss'] != 'none', case['chain'], case['loss'])
        for name, got in results.items():
            cell = rows[key][name]
            wrong = distance(got, case['text'])
            cell[0] += 1
            cell[1] += wrong == 0
            cell[2] += wrong
            cell[3] += len(case['text'])
            if got != case['shown'] and wrong:
                false[key, name] += 1
    print('| chain | loss | sentences | exact | characters right | changed and not exact | ftfy | plsfix | charset-normalizer |')
    print('|---|---|---|---|---|---|---|---|---|')
    share = lambda cell: f'{100 * cell[1] / max(1, cell[0]):.0f} %'
    for key, cells in sorted(rows.items()):
        own = cells['hanfix']
        print(f'| {key[2]} | {key[3]} | {own[0]} | {100 * own[1] / own[0]:.1f} % | {max(0, 100 - 100 * own[2] / own[3]):.1f} % | {false[key, "hanfix"]} | '
              + ' | '.join(share(cells[name]) for name in ('ftfy', 'plsfix', 'c-n')) + ' |')


def detection(corpora, count):
    table = collections.defaultdict(collections.Counter)
    for line in lines('target/release/examples/detection', corpora, str(count), '--cases'):
        case = json.loads(line)
        data = bytes.fromhex(case['bytes'])
        cell = table[case['encoding'], case['length']]
        cell['all'] += 1
        for name in ('hanfix', 'chardetng', 'chardetng .cn'):
            cell[name] += case[name]
        best = charset_normalizer.from_bytes(data).best()
        found = {'charset-normalizer': best.encoding if best else None, 'chardet': chardet.detect(data)['encoding']}
        for name, encoding in found.items():
            try:
                cell[name] += bool(encoding) and data.decode(encoding) == case['text']
            except (LookupError, UnicodeError):
                pass
    names = ['hanfix', 'chardetng', 'chardetng .cn', 'charset-normalizer', 'chardet']
    print('| encoding | characters | texts | ' + ' | '.join(names) + ' |')
    print('|---' * (3 + len(names)) + '|')
    order = ['utf-8', 'gbk', 'gb18030', 'big5', 'utf-16le', 'utf-16be']
    for (encoding, length), cell in sorted(table.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        shares = [f"{100 * cell[name] / cell['all']:.1f}" for name in names]
        print(f"| {encoding} | {length} | {cell['all']} | " + ' | '.join(shares) + ' |')


if __name__ == '__main__':
    if len(sys.argv) < 4 or sys.argv[1] not in ('misreads', 'detection'):
        sys.exit(__doc__)
    globals()[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:]))
