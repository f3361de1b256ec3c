"""Receivables: what is open, what settles what, and the order of locks. Not the invoice or payment behind an item."""
