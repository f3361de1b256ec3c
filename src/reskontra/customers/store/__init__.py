"""SQL of customers: finding, writing, fragments that statements embed, and the doors for other rooms."""
