"""Who owes: customers, their contacts, addresses and locations. Not what they owe."""
