"""What people see: pages for a browser, which show what the API answers and do what it does (decision 0030)."""
