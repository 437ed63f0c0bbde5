"""Sections and their parts, and how they are shown: HTML, text, cell outputs, widgets."""
