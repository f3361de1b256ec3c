"""The rules of a document: its header, lines, VAT, totals, journal entries and what release allows."""
