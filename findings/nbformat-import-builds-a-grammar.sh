#!/usr/bin/env bash
# nbformat 5.11.1 with jsonschema 4.26.0: to import nbformat alone takes 0.1 s of processor time. Where
# rfc3987-syntax 1.1.0 lies beside it, which jupyter-events, and so every JupyterLab, brings by
# jsonschema[format-nongpl], the same import parses the grammar of internationalized addresses and builds
# its tables with lark, which takes some ten times as long, in each process. A notebook's schema has no
# format that would ask it.
#
# Seen:
#   nbformat alone: lark imported: False
#   with jsonschema[format-nongpl]: lark imported: True, and built: rfc3987_syntax, rfc3987_syntax.syntax_helpers
#   at least 3 times the processor time of before: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
install() { "$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check "$@"; }
cat >"$folder/look.py" <<'PYTHON'
import sys
import time

began = time.process_time()
import nbformat

seconds = time.process_time() - began
print(f"lark imported: {'lark' in sys.modules}", end="")
if "lark" in sys.modules:
    import lark

    built = {
        name
        for name, module in sys.modules.items()
        if any(isinstance(value, lark.Lark) for value in vars(module).values())
    }
    print(f", and built: {', '.join(sorted(built))}", end="")
print()
print(seconds, file=sys.stderr)
PYTHON
look() { # the quickest of five imports, all compiled
  for _ in 1 2 3 4 5; do "$folder/venv/bin/python" "$folder/look.py" 2>>"$folder/$1"; done | tail -1
}
install nbformat==5.11.1 jsonschema==4.26.0
{
  echo "nbformat alone: $(look alone)"
  install 'jsonschema[format-nongpl]==4.26.0' rfc3987-syntax==1.1.0 lark==1.3.1
  echo "with jsonschema[format-nongpl]: $(look beside)"
  "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
from pathlib import Path

fastest = [min(map(float, (Path(sys.argv[1]) / name).read_text().split())) for name in ("alone", "beside")]
print(f"at least 3 times the processor time of before: {fastest[1] >= 3 * fastest[0]}")
print(*fastest, file=sys.stderr)
PYTHON
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
nbformat alone: lark imported: False
with jsonschema[format-nongpl]: lark imported: True, and built: rfc3987_syntax, rfc3987_syntax.syntax_helpers
at least 3 times the processor time of before: True
SEEN
