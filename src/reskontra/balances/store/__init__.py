"""SQL of customers' figures, composed from fragments of the rooms that store them."""
