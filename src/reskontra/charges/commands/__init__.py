"""Charging customers for paying late: the run, and the drafts that it makes."""
