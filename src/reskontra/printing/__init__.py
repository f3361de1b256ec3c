"""Printing: the typesetter and what every page on paper has. Knows no document."""
