"""How single customers pay: their own account, cash account and details for a payment method of the company."""
