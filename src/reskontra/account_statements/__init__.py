"""Statements of account: what a customer owed on a day and how it came about, on demand or kept as it was sent."""
