"""Electronic invoices by EN 16931 and Peppol BIS Billing 3.0: what they say, whether they hold, and their delivery."""
