"""A company as a file: its form, what it must agree on, creating a company from it and changing one by it."""
