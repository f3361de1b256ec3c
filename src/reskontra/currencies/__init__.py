"""Currencies and the rates between them on a date. Rounds nothing: that is `money`."""
