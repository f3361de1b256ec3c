"""Credit terms: due and discount dates from a document's date."""
