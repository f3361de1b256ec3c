"""Opening balances: what was open in an older system, taken over as documents that are released as they are made."""
