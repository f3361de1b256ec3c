"""What may become of a dunning letter, and what it says."""
