"""Dunning letters that stand: read, changed, released, voided and printed."""
