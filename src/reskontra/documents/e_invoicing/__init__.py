"""Sending documents as e-invoices over HTTP (EHF)."""
