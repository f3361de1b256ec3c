"""A company as a file: its form and its checks, creating a company from it and changing one with it."""
