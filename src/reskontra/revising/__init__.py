"""Revising: changing a company by its file. Not the form of the file, nor creating a company: that is `companies`."""
