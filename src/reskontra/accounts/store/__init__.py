"""SQL of the chart of accounts: accounts, subaccounts, dimensions."""
