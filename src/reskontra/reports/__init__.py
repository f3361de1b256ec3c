"""What the law asks of the books, read from what other rooms store: specifications, open items, VAT, journal."""
