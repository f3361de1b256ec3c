"""What is sold: items with description, unit, price, VAT category and accounts. No stock."""
