"""Number series: the next number, and the log of numbers that were deleted."""
