"""SQL of companies and API clients."""
