"""Locations where a customer buys: the addresses under /v1/location. The tables belong to customers."""
