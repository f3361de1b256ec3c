"""Cash sales and their returns: documents that their release pays. The rest is as with invoices."""
