"""The reference data of a company: preferences, branches, classes and what other rooms keep small, at one version."""
