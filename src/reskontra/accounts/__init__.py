"""The chart of accounts: accounts, subaccounts, and the dimensions whose segments make up a subaccount."""
