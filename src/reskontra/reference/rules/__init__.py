"""What the reference data without a room of its own is made of."""
