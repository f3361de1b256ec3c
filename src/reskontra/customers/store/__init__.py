"""SQL of customers: finding, writing, fragments, and the doors for other rooms."""
