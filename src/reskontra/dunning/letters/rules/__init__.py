"""What may be done with a dunning letter, and what it says."""
