"""Runs over many parties: chunk by chunk, as a trial or for good."""
