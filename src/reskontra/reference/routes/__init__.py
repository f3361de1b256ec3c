"""The addresses of branches, the organisation and countries, and how other rooms answer with reference data."""
