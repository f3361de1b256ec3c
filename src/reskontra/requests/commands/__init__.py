"""Recording requests, and showing what was recorded."""
