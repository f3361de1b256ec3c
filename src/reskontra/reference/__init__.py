"""The reference data of a company at one version: preferences, branches, classes and other rooms' small tables."""
