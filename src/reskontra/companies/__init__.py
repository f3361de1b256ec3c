"""Tenants: a company, its preferences and reference data, its API clients. Not the customers it sells to."""
