"""Mail: documents and dunning letters sent as PDF, and the log of it."""
