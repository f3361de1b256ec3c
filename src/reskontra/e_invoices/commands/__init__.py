"""Checking e-invoices, queueing them, and sending what is queued."""
