"""SQL of batches and journal entries."""
