"""Existing dunning letters: read, changed, released, voided and printed."""
