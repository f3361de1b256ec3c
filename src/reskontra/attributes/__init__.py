"""Fields that a company adds to its customers. Customers own the values."""
