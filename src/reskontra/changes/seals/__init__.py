"""Sealing the log of changes, so that it shows if somebody alters it (decision 0035)."""
