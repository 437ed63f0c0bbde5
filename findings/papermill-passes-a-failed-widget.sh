#!/usr/bin/env bash
# papermill 2.7.0, nbclient 0.11.0, ipywidgets 8.1.9: an error that a function behind `interact` or
# a `with Output():` block raises fails no run. The cell is marked as completed, what comes behind
# it runs, and the executed notebook holds the error only in its widgets' state, where no page made
# by nbconvert shows it. The same error in a plain cell ends the run.
#
# Seen:
#   plain cell: PapermillExecutionError
#   interact: no error, the next cell ran; errors in cells: 0, in widgets: 1
#   with Output(): no error, the next cell ran; errors in cells: 0, in widgets: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
  papermill==2.7.0 nbclient==0.11.0 ipywidgets==8.1.9 ipykernel==7.4.0
"$folder/venv/bin/python" - "$folder" 2>/dev/null <<'PYTHON' | tee "$folder/seen"
import json
import sys

import nbformat
from papermill import execute_notebook

STATE = "application/vnd.jupyter.widget-state+json"
CELLS = {
    "plain cell": "1 / 0",
    "interact": "import ipywidgets\nipywidgets.interact(lambda x: 1 / x, x=0)",
    "with Output()": "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    1 / 0",
}
for name, cell in CELLS.items():
    cells = [nbformat.v4.new_code_cell(one) for one in (cell, "print('next')")]
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    path = f"{sys.argv[1]}/book.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    try:
        ran = execute_notebook(path, None, progress_bar=False)
    except Exception as fault:
        print(f"{name}: {type(fault).__name__}")
        continue
    outputs = [one for c in ran.cells for one in c.get("outputs", [])]
    in_cells = sum(one["output_type"] == "error" for one in outputs)
    state = json.dumps(ran.metadata.get("widgets", {}).get(STATE, {}))
    last = "the next cell ran" if outputs[-1].get("text") == "next\n" else "it stopped"
    in_widgets = state.count('"output_type": "error"')
    print(f"{name}: no error, {last}; errors in cells: {in_cells}, in widgets: {in_widgets}")
PYTHON
diff "$folder/seen" - <<'SEEN'
plain cell: PapermillExecutionError
interact: no error, the next cell ran; errors in cells: 0, in widgets: 1
with Output(): no error, the next cell ran; errors in cells: 0, in widgets: 1
SEEN
