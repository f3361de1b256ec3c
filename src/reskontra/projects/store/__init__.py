"""SQL of projects: their names, which documents show, and all that is kept of them."""
