"""Writing off small balances and small credits: the run, and the documents that it makes."""
