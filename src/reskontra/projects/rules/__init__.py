"""What a project is, and how one is made from what was sent."""
