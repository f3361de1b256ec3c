"""Settlement: what settles what, and how much of a document is open. Not the documents themselves, nor the money."""
