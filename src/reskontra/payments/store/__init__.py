"""SQL of payments: loading them for a decision, writing them, and showing them."""
