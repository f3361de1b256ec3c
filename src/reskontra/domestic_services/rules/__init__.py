"""What may be deducted, how much, and for whom."""
