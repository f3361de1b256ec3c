"""Printing: PDF files in the languages of the customers, and what every page has."""
