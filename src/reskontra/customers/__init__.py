"""Customers with their contacts, addresses and locations. What they owe is in `receivables`."""
