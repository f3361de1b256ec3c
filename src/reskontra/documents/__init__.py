"""Invoices, credit notes and debit notes as one concept: draft, release, totals."""
