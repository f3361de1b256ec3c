"""Sales prices: what an item costs for everybody, for a class of customers, or for one customer."""
