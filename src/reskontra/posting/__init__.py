"""What reaches the general ledger: a document or payment becomes balanced entries. Decides no amounts of its own."""
