"""SQL of documents: loading for a decision, writing, lists for answers, and the doors for other rooms."""
