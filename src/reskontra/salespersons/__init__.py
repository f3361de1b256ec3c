"""Salespersons. Rules and store are below companies; routes, wire and commands know customers and are above them."""
