"""The rules of payments: what may be entered, what it settles, and what that books."""
