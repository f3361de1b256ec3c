"""Creating a company from a file, and applying a changed file."""
