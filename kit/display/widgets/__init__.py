"""The same notebook with controls, where somebody looks at it in JupyterLab.

A cell of a notebook that is open shows its part of a report in an output that can be drawn
again: HTML under a display id, which the notebook keeps when it is saved, as it keeps any other
output. Beside it stand controls, which are widgets: the notebook's parameters, and for each long
table its order, filter and page. Nothing here runs unless a frontend with widgets asks for a
cell, so that a report costs and shows what it did before.
"""

from kit.display.widgets.frontend import asking_cell

__all__ = ["asking_cell"]
