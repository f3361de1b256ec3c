"""The command line: each command reads its settings and makes one call."""
