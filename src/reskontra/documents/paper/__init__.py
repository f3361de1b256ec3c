"""Sales documents on paper: invoices, notes, charges and cash sales as PDF files."""
