"""Projects. Their names are below the reference data, which is made of them; addresses are above it."""
