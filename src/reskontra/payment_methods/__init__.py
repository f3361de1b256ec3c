"""The ways to be paid, and the accounts that receive the money."""
