#!/usr/bin/env bash
# papermill 2.7.0: `execute_notebook` puts parameters into a notebook by writing them as source. A
# tuple arrives as a text of its look, also inside of a list, and the keys of a dict as texts; lists,
# dicts, numbers, booleans and None arrive as they were given. Nothing is said of it: a cell that
# unpacks a pair gets the letters of "(3, 4)".
#
# Seen:
#   pair: given tuple, arrived str '(3, 4)'
#   rows: given list, arrived list ["('a', 1)"]
#   by_number: given dict, arrived dict {'1': 'a'}
#   plain: given list, arrived list [1, None, True]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check papermill==2.7.0 ipykernel==7.4.0
"$folder/venv/bin/python" - "$folder" 2>/dev/null <<'PYTHON' | tee "$folder/seen"
import sys

import nbformat
from papermill import execute_notebook

given = {
    "pair": (3, 4),
    "rows": [("a", 1)],
    "by_number": {1: "a"},
    "plain": [1, None, True],
}
declare = nbformat.v4.new_code_cell(
    "\n".join(f"{name} = None" for name in given), metadata={"tags": ["parameters"]}
)
show = nbformat.v4.new_code_cell(
    "\n".join(f"print(type({name}).__name__, repr({name}))" for name in given)
)
book = nbformat.v4.new_notebook(
    cells=[declare, show],
    metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
)
path = f"{sys.argv[1]}/book.ipynb"
nbformat.write(book, path)
ran = execute_notebook(path, None, given, progress_bar=False)
lines = ran.cells[-1].outputs[0]["text"].splitlines()
for (name, value), line in zip(given.items(), lines, strict=True):
    print(f"{name}: given {type(value).__name__}, arrived {line}")
PYTHON
diff "$folder/seen" - <<'SEEN'
pair: given tuple, arrived str '(3, 4)'
rows: given list, arrived list ["('a', 1)"]
by_number: given dict, arrived dict {'1': 'a'}
plain: given list, arrived list [1, None, True]
SEEN
