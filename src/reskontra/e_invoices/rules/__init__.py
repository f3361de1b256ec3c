"""What an e-invoice must be, from its record alone."""
