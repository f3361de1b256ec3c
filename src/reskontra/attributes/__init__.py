"""Fields that a company adds to its customers. Their values are the customers' own."""
