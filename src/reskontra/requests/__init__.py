"""What clients ask of a sandbox: each request with its answer, what it did, and what could be done better."""
