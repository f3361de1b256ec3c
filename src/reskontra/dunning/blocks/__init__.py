"""Documents that are blocked from reminding until a day, with a reason (DUN-08)."""
