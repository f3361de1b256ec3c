"""What salespersons are, and how their master data is made."""
