"""HTTP mechanics: routing, wire types, errors, authentication, paging. No business terms in here."""
