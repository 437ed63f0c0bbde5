"""Values shown: tables, charts, sentences, and the widgets of an open notebook."""
