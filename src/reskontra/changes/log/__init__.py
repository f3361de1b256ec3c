"""Reading the log of changes: what was changed, by whom and when (NUM-01)."""
