"""What the chart of accounts is made of, and what may become of it. Not what is posted to it."""
