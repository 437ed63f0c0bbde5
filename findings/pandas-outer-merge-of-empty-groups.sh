#!/usr/bin/env bash
# pandas 3.1.1 with pyarrow 26.0.1: two sums by two text columns, both of no rows, cannot be joined by
# an outer merge, though by a left, right or inner one they can; two frames of no rows that were never
# grouped can be, too. So a question "failures and successes by app and code" works on every day but
# the one on which nothing happened.
#
# Seen:
#   left: 0 rows
#   right: 0 rows
#   inner: 0 rows
#   outer: ArrowInvalid: cannot construct ChunkedArray from empty vector and omitted type
#   outer, never grouped: 0 rows
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import pandas as pd

KEYS = ["app", "code"]


def none_of(name):
    return pd.DataFrame({"app": ["a"], "code": ["c"], name: [1]}).iloc[:0]


def summed(name):
    return none_of(name).groupby(KEYS, as_index=False)[[name]].sum()


def joined(left, right, how):
    try:
        return f"{len(left.merge(right, on=KEYS, how=how))} rows"
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"


for how in ("left", "right", "inner", "outer"):
    print(f"{how}: {joined(summed('failures'), summed('successes'), how)}")
print(f"outer, never grouped: {joined(none_of('failures'), none_of('successes'), 'outer')}")
PYTHON
diff "$folder/seen" - <<'SEEN'
left: 0 rows
right: 0 rows
inner: 0 rows
outer: ArrowInvalid: cannot construct ChunkedArray from empty vector and omitted type
outer, never grouped: 0 rows
SEEN
