"""Mail: documents, dunning letters and statements of account sent as PDF, and the log of it."""
