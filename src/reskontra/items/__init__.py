"""Items that are sold, with description, unit, price, VAT category and accounts. There is no stock."""
