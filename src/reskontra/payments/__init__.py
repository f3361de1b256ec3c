"""Money that comes in and goes out: payments, prepayments, refunds, their voids, and credit notes seen as payments."""
