"""What discounts are, how series are written, and which one a line gets."""
