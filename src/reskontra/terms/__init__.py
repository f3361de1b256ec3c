"""Credit terms: due and discount dates from a document date. Knows no document."""
