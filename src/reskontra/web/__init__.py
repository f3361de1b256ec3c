"""HTTP mechanics: routing, wire types, errors, authentication, paging. Knows no business word."""
