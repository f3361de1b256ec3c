"""Statements of account on paper: one of a customer as a PDF file."""
