"""Financial periods: which one a date falls in, and whether it may be posted to."""
