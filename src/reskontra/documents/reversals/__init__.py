"""Reversing and correcting invoices over HTTP (RVS, CRR)."""
