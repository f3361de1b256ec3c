"""VAT: ids, rates, categories and zones, and the VAT of a document."""
