"""Opening, closing and reopening financial periods."""
