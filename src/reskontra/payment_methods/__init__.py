"""The ways to be paid, and the accounts that the money comes to."""
