"""Clicks in JupyterLab: a heading sorts, a bar narrows, a way opens a notebook that runs."""
