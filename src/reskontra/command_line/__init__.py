"""The command line: what an operator types becomes settings and one call each."""
