"""Where a customer buys, as a thing of its own: the addresses under /v1/location. The tables are the customers' own."""
