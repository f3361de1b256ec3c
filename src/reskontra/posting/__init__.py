"""What reaches the general ledger: documents and payments as balanced entries."""
