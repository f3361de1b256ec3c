"""Reports on paper: ageing, VAT, sales and reconciliation as PDF, under the company's letterhead."""
