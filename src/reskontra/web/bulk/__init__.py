"""Many requests in one: a line each, carried out in their order and answered line by line."""
