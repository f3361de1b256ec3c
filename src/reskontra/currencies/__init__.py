"""Currencies and the rates between them on a date. `money` does the rounding."""
