"""What items, classes and units are, and how an item's master data is made."""
