"""Many new documents at once."""
