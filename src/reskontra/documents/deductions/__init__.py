"""The deduction of one document as its own resource (RRT-06)."""
