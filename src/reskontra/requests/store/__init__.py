"""Where recorded requests are: in memory, for as long as the sandbox runs."""
