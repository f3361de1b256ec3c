"""Open items, what settles them, and the order of locks. Documents add the invoice behind an item."""
