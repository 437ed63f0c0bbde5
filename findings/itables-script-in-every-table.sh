#!/usr/bin/env bash
# itables 2.9.1: each ITable brings the whole script and style of DataTables in its own state, and
# tables of one notebook share nothing. What JupyterLab saves with the notebook, and sends again for
# each table that is made again, grows by 0.74 MB a table, whatever the table's size; the documented
# offline mode of `show` writes its 0.98 MB once a page.
#
# Seen:
#   rows of each table: 2
#   1 table: 0.74 MB of saved state
#   10 tables: 7.45 MB of saved state
#   of that script and style: 7.43 MB
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
  "itables[widget]==2.9.1" anywidget==0.11.0 ipywidgets==8.1.9 pandas==3.1.1
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import json

import pandas as pd
from ipywidgets import Widget
from itables.widget import ITable

rows = pd.DataFrame({"app": ["a", "b"], "failures": [1, 2]})


def megabytes(value):
    return f"{len(json.dumps(value)) / 1e6:.2f} MB"


print(f"rows of each table: {len(rows)}")
tables = [ITable(rows)]
print(f"1 table: {megabytes(Widget.get_manager_state())} of saved state")
tables += [ITable(rows) for _ in range(9)]
saved = Widget.get_manager_state()
print(f"10 tables: {megabytes(saved)} of saved state")
code = [
    one["state"][name]
    for one in saved["state"].values()
    for name in ("_esm", "_css")
    if name in one["state"]
]
print(f"of that script and style: {megabytes(code)}")
PYTHON
diff "$folder/seen" - <<'SEEN'
rows of each table: 2
1 table: 0.74 MB of saved state
10 tables: 7.45 MB of saved state
of that script and style: 7.43 MB
SEEN
