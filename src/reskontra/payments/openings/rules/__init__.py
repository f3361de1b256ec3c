"""What may be taken over from an older system, and how its file is read."""
