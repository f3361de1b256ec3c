"""Which letters go out by mail, as a fragment for the room that sends them."""

from __future__ import annotations

from reskontra.customers.store.fragments import wants_letters_by_mail

WANTED_BY_MAIL = f"""(
    select letter.letter_id, letter.customer_id
      from dunning_letter as letter
     where letter.company_id = $1 and letter.letter_id = any ($5::integer[])
       and {wants_letters_by_mail("letter.customer_id")}
     order by letter.letter_id)"""
"""A select of those of the letters $5 whose customer wants its letters by mail."""
