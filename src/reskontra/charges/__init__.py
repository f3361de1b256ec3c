"""Charging customers for paying late: the run that makes overdue charges."""
