"""The one log of what changed and by whom: audit trail, change feed and row versions."""
