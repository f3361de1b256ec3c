"""What the chart of accounts consists of, and what may be changed in it."""
