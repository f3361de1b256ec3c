"""Checking and merging a company file, what it would change, and what of that is refused."""
