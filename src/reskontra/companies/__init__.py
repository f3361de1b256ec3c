"""Tenants: companies and their API clients."""
