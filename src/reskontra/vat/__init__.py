"""Value added tax: zones, categories and rates, and the tax of a line."""
