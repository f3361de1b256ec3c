"""The bench: how fast the program is, against the least SQL that the same answers need. Not a test of its answers."""
