"""Credit terms: due dates, cash discounts and instalments."""
