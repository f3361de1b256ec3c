"""Reference data that has no room of its own."""
