"""How e-invoices look: as UBL, and their deliveries in the API."""
