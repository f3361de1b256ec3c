"""Reminding one customer or all: making letters, charging their fees, the run."""
