"""Each query of the self-check finds the fault that it is there for: the fault is planted, then the check is asked.

Faults are planted with triggers off and the constraint in the way dropped, as a broken disk or a hand in the
database would; everything is rolled back.
"""

from __future__ import annotations

import pytest

from reskontra.db.pool import Connection
from reskontra.db.selfcheck import known_checks, offences

RELEASED = "document_type = 'Invoice' and number = '003524'"
DRAFT = "document_type = 'Invoice' and number = '003547'"
OF_OLDER = """(select older.document_id from document as older
                where older.document_type = 'Invoice' and older.customer_id = document.customer_id
                  and older.released_at is not null and older.document_id <> document.document_id
                order by older.document_id limit 1)"""
OF_RELEASED = f"(select document_id from document where {RELEASED})"
OF_DRAFT = f"(select document_id from document where {DRAFT})"
LETTER = """
    insert into dunning_letter (company_id, letter_id, customer_id, level, status, letter_date, payment_deadline,
                                currency_id, fee, fee_document_id, final_reminder, created_at, created_by, version)
    values (1, {id}, 1, 1, '{status}', '2024-06-01', '2024-06-15', 'NOK', 0, {fee_document}, false, now(), 'test', 1)"""
LETTER_LINE = f"""
    insert into dunning_letter_line (company_id, letter_id, document_id, level_before, level_after,
                                     previous_letter_date, due_date, balance, balance_base)
    select 1, {{id}}, document_id, {{level}}, {{level}} + 1, null, '{{due}}', 1, 1 from document where {RELEASED}"""
RELEASED_LETTER = LETTER.format(id=901, status="Released", fee_document="null")
VOIDED = """
    update dunning_letter set status = 'Voided', voided_at = now(), void_date = '2024-06-01' where letter_id = 901"""
INSTALMENTS = f"""
    with settled as (
        insert into settlement (company_id, kind, settled_on, period_id, batch_number, created_at, created_by)
        select company_id, 'split', document_date, period_id, batch_number, released_at, 'x'
          from document where {RELEASED}
        returning settlement_id),
    part as (
        insert into document overriding system value
        select (json_populate_record(master, json_build_object(
                   'document_id', 90000 + place, 'generated_reference', null, 'number', '00' || 3547 + place,
                   'master_document_id', master.document_id,
                   'instalment_number', place, 'amount', amount / 2, 'balance', amount / 2,
                   'amount_base', amount_base / 2, 'balance_base', amount_base / 2))).*
          from document as master cross join generate_series(1, 2) as place
         where {RELEASED}
        returning *)
    insert into application (company_id, settlement_id, credit_document_id, debit_document_id, applied_on, period_id,
                             amount_credit, base_credit, amount_debit, base_debit, gain_loss, is_posted, is_split,
                             created_at, created_by, released_at, released_by)
    select part.company_id, settlement_id, part.document_id, master_document_id, document_date, part.period_id, 0, 0,
           amount, amount_base, 0, true, true, released_at, 'x', released_at, 'x'
      from part, settled"""
"""A released invoice is divided into 003548 and 003549, as far as `instalments-whole` looks."""

DEDUCTION = '{"amount": "1", "shares": [{"amount": "1"}]}'
STATEMENT = """
    insert into account_statement (company_id, customer_id, as_of, follows, statement_type, by_currency, known_before,
                                   balance, body, created_at, created_by, version)
    values (1, 1, '{day}', {follows}, 'BalanceBroughtForward', false, now(), 0,
            '{{"currencies":[{{"currency":"NOK","openingBalance":{opening},"closingBalance":{closing}}}]}}', now(), 'x',
            1)"""
FAULTS = {
    "migrations-in-sequence": [
        "update schema_version set applied_at = applied_at - interval '1 hour' where version = 2"
    ],
    "document-kind-served": ["update document_kind set is_served = false where document_type = 'DebitNote'"],
    "document-balance-range": [
        "alter table document drop constraint document_balance_range",
        f"update document set balance = amount + 1 where {RELEASED}",
    ],
    "applications-legal": [
        """insert into application (company_id, credit_document_id, debit_document_id, amount_credit, amount_debit,
                                    created_at, created_by)
           select company_id, document_id, document_id + 1, 1, 1, created_at, 'x' from document
            where document_type = 'Invoice' and number = '003524'"""
    ],
    # The released invoice becomes a cash sale that nobody paid.
    "paid-at-once": [f"update document set document_type = 'CashSale' where {RELEASED}"],
    "returned-within-sale": [
        f"update document set document_type = 'CashReturn', corrects_document_id = null where {RELEASED}",
    ],
    "settlements-whole": [
        """insert into settlement (company_id, kind, settled_on, period_id, created_at, created_by)
           values (1, 'apply', '2024-01-08', '202401', now(), 'x')"""
    ],
    "reversals-mirror": [
        """insert into settlement (company_id, kind, settled_on, period_id, reverses_id, created_at, created_by)
           values (1, 'undo', '2024-01-08', '202401', 99, now(), 'x')""",
        """insert into application (company_id, credit_document_id, debit_document_id, amount_credit, amount_debit,
                                    applied_on, period_id, base_credit, base_debit, gain_loss, is_posted, settlement_id,
                                    reverses_id, created_at, created_by, released_at, released_by)
           select 1, 1, 2, -1, -1, '2024-01-08', '202401', -1, -1, 0, false, settlement_id, 99, now(), 'x', now(), 'x'
             from settlement""",
    ],
    "each-receivable-ties-to-ledger": [
        "update journal_entry set moves_document_id = 99 where batch_number = 'AR000001' and purpose = 'receivable'"
    ],
    "receivables-have-their-place": [
        "update journal_entry set branch_number = '9' where batch_number = 'AR000001' and purpose = 'receivable'",
        f"update document set subaccount_id = 9 where {RELEASED}",
    ],
    "periods-tie-to-ledger": [f"update document set period_id = '202402' where {RELEASED}"],
    "statements-continue": [
        STATEMENT.format(day="2024-01-31", follows="null", opening=0, closing=5),
        STATEMENT.format(day="2024-02-29", follows="'2024-01-31'", opening=4, closing=0),
    ],
    "document-balance-settled": [f"update document set balance = balance - 1 where {RELEASED}"],
    "given-up-ties-to-ledger": [
        "update journal_entry set purpose = 'cash_discount' where batch_number = 'AR000001' and purpose = 'revenue'"
    ],
    # The released invoice takes another one back, and both have entries.
    "voids-leave-nothing": [
        f"""update document set voids_document_id = {OF_RELEASED}, number = '003524', document_type = 'DebitNote'
             where document_type = 'Invoice' and number = '003525'""",
        "update document set released_at = now() where number = '003524'",
    ],
    "discount-vat-adds-up": [
        """insert into application (company_id, credit_document_id, debit_document_id, amount_credit, amount_debit,
                                    discount, discount_vat, created_at, created_by)
           values (1, 1, 2, 1, 1, 5, '[{"vat_id": "3", "taxable": "4", "vat": "2"}]', now(), 'x')"""
    ],
    "discounts-not-negative": [
        """insert into settlement (company_id, kind, settled_on, period_id, created_at, created_by)
           values (1, 'apply', '2024-01-08', '202401', now(), 'x')""",
        """insert into application (company_id, credit_document_id, debit_document_id, amount_credit, amount_debit,
                                    discount, discount_base, discount_credit, applied_on, period_id, base_credit,
                                    base_debit, gain_loss, is_posted, settlement_id, created_at, created_by,
                                    released_at, released_by)
           select 1, 1, 2, 90, 90, -5, -5, -5, '2024-01-08', '202401', 90, 90, 0, true, settlement_id, now(), 'x',
                  now(), 'x'
             from settlement""",
    ],
    # The released invoice becomes a write-off that settles nothing.
    "write-offs-settle-one": [f"update document set document_type = 'SmallCreditWo' where {RELEASED}"],
    "document-status-balance": [
        "alter table document drop constraint document_closed_balance",
        f"update document set status = 'Closed' where {RELEASED}",
    ],
    "unreleased-not-posted": [
        "alter table document drop constraint document_released_status",
        f"update document set status = 'Balanced', released_at = null where {RELEASED}",
    ],
    "released-figures-frozen": [f"update document_line set quantity = quantity + 1 where document_id = {OF_RELEASED}"],
    "document-amount-adds-up": [f"update document set rounding_difference = 0.01 where {DRAFT}"],
    "document-lines-add-up": [f"update document set detail_total_base = detail_total_base + 1 where {DRAFT}"],
    "document-vat-adds-up": [f"update document_vat set taxable = taxable + 1 where document_id = {OF_DRAFT}"],
    "vat-at-its-rate": [
        f"update document_vat set vat_base = vat_base + 0.01 where document_id = {OF_DRAFT}",
    ],
    "numbers-unbroken": ["update number_series_range set last_number = '003560' where series_id = 'INVOICE'"],
    "balance-in-currency": [f"update document set balance = balance - 0.001 where {RELEASED}"],
    "batch-balances": ["update journal_entry set credit = credit + 1 where purpose = 'revenue'"],
    "batch-without-entries": [
        "delete from journal_entry where batch_number = 'AR000001'",
        "update batch set total_base = 0 where batch_number = 'AR000001'",
    ],
    "corrections-known": [f"update document set corrects_document_id = {OF_DRAFT} where {RELEASED}"],
    "corrections-whole": [f"update document set corrects_document_id = {OF_OLDER} where {RELEASED}"],
    "vat-rows-complete": [f"delete from document_vat where document_id = {OF_DRAFT}"],
    "batch-total": ["update batch set total_base = total_base + 1 where batch_number = 'AR000001'"],
    "receivables-tie-to-ledger": ["delete from journal_entry where batch_number = 'AR000001'"],
    "customer-balance": ["update customer_balance set unreleased = unreleased + 0.01 where customer_id = 1"],
    "customer-has-balance": ["delete from customer_balance where customer_id = 1"],
    "closed-period-finished": [
        "update financial_period set closed_in_customer_ledger = true where period_id = '202501'",
    ],
    "posted-to-known-period": ["delete from financial_period where period_id = '202401'"],
    "released-has-batch": ["delete from batch where batch_number = 'AR000001'"],
    "vat-ties-to-ledger": [
        "update journal_entry set vat_id = '31' where purpose = 'vat' and batch_number = 'AR000001'"
    ],
    "revenue-ties-to-ledger": [
        "update journal_entry set account_number = '3100' where purpose = 'revenue' and batch_number = 'AR000001'"
    ],
    "openings-booked-once": [f"update document set origin = 'opening' where {RELEASED}"],
    "deductions-add-up": [f"update document_line set work_type = 'Bygg' where document_id = {OF_RELEASED}"],
    "claims-settle-deductions": [f"update document set deduction = '{DEDUCTION}' where {RELEASED}"],
    "control-accounts-clean": [
        "update journal_entry set account_number = '1500' where purpose = 'revenue' and batch_number = 'AR000001'"
    ],
    "instalments-whole": [
        f"update document set master_document_id = {OF_DRAFT}, instalment_number = 1 where {RELEASED}"
    ],
    "discount-before-due": [
        f"update document set cash_discount = 1, cash_discount_date = due_date + 1 where {RELEASED}"
    ],
    "lines-have-documents": [f"update document_line set document_id = 99999 where document_id = {OF_DRAFT}"],
    "issued-as-released": [f"delete from issued_document where document_id = {OF_RELEASED}"],
    "letterheads-kept": [
        "alter table letterhead disable trigger letterhead_is_kept",
        'update letterhead set content = content || \'{"phone": "1"}\'',
    ],
    "mail-of-what-stands": [
        f"""insert into mail (company_id, mail_id, document_id, customer_id, sending, is_automatic, state, copies,
                              asked_at, asked_by, due_at, version)
            select 1, 1, document_id, customer_id, 1, false, 'Waiting', '{{}}', now(), 'test', now(), 1
              from document where {DRAFT}"""
    ],
    "changes-fit-their-seals": [
        """insert into change_seal (company_id, seal_number, sealed_at, sealed_until, newest_change_id, changes, digest)
           select 1, 1, now(), now(), made.newest_change_id, made.changes, sha256('')
             from seal_of(1, '-infinity', now(), '') as made"""
    ],
    "stored-text-has-rows": [f"update document set lines_json = '[]' where {DRAFT}"],
    "tally-exact": [f"update tally set total = total + 1 where entity = '{it}'" for it in ("CreditNote", "Location")],
    "tally-complete": ["delete from tally where entity = 'Salesperson'"],
    "dunning-state": [f"update document set dunning_level = 1, dunning_letter_date = '2024-06-01' where {RELEASED}"],
    "dunning-steps": [RELEASED_LETTER, LETTER_LINE.format(id=901, level=1, due="2024-01-22")],
    "dunning-lines-due": [RELEASED_LETTER, LETTER_LINE.format(id=901, level=0, due="2024-06-01")],
    "charged-days-once": [
        "alter table charged_days drop constraint charged_days_of_a_line",
        f"insert into charged_days values (1, {OF_DRAFT}, 1, {OF_RELEASED}, '2024-06-01', '2024-06-30', null)",
    ],
    "dunning-letter-whole": [RELEASED_LETTER],
    "dunning-voids": [LETTER.format(id=901, status="Released", fee_document=OF_RELEASED), VOIDED],
    "dunning-fees": [LETTER.format(id=901, status="Released", fee_document=OF_DRAFT)],
    "attachments-whole": [
        f"""insert into attachment (company_id, attachment_id, document_id, name, name_key, revision,
                                    send_to_auto_invoice, include_in_mail, modified_at, version)
            values (1, gen_random_uuid(), {OF_RELEASED}, 'a.txt', 'a.txt', 1, false, false, now(), 1)""",
        f"update document set has_attachments = true where {RELEASED}",
        """insert into attachment_revision (company_id, attachment_id, revision, media_type, size, sha256, stored_at,
                                            stored_by)
           select 1, attachment_id, 1, 'text/plain', 1, encode(sha256('a'), 'hex'), now(), 'x' from attachment""",
        "insert into attachment_piece select 1, attachment_id, 1, 0, 'b' from attachment",
    ],
    "e-invoices-of-released": [
        f"""insert into e_invoice_delivery (company_id, document_id, document_type, number, sender, receiver,
                                            message_id, content, state, attempts, next_attempt_at, queued_at,
                                            queued_by, modified_at, version)
            select company_id, document_id, document_type, number, 'a', 'b', gen_random_uuid(), 'c', 'Waiting', 0,
                   now(), now(), 'x', now(), 1 from document where {DRAFT}""",
        "update tally set total = 1 where entity = 'EInvoice'",
    ],
    "references-stand": [
        "drop index document_generated_reference_unique",
        f"update document set generated_reference = '1', payment_reference = '1' where {RELEASED} or {DRAFT}",
    ],
    "version-is-newest-change": [f"update document set version = 1 where {DRAFT}"],
}


@pytest.mark.parametrize("name", [check.name for check in known_checks()])
async def test_the_check_finds_its_planted_fault(connection: Connection, name: str) -> None:
    assert name in FAULTS, f"plant a fault for {name}: a check that nobody saw fail proves nothing"
    assert await offences(connection) == []
    # A column that refuses the fault refuses it before the check could see it, so the guard goes first.
    await connection.execute("set local session_replication_role = replica")
    for statement in FAULTS[name]:
        await connection.execute(statement)
    assert name in [offence.name for offence in await offences(connection)]


async def test_a_document_worth_nothing_may_have_a_batch_without_entries(connection: Connection) -> None:
    await connection.execute("set local session_replication_role = replica")
    for statement in FAULTS["batch-without-entries"]:
        await connection.execute(statement)
    (batch,) = [it for it in await offences(connection) if it.name == "batch-without-entries"]
    number = batch.rows[0]["number"]
    for table, figures in (
        ("document", "amount = 0, amount_base = 0, balance = 0, balance_base = 0, status = 'Closed'"),
        ("document_vat", "vat = 0, vat_base = 0"),
        ("document_line", "net_amount = 0, net_amount_base = 0"),
    ):
        of_batch = f"select document_id from document where document_type = 'Invoice' and number = '{number}'"
        assert "batch-without-entries" in [it.name for it in await offences(connection)]
        await connection.execute(f"update {table} set {figures} where document_id = ({of_batch})")
    assert "batch-without-entries" not in [it.name for it in await offences(connection)]


@pytest.mark.parametrize(
    "fault",
    [
        "update document set amount = amount + 0.01, balance = balance + 0.01 where number = '003548'",
        "update document set amount_base = amount_base - 1, balance_base = balance_base - 1 where number = '003548'",
        "update document set customer_id = 2 where number = '003549'",
        "update document set instalment_number = 3 where number = '003549'",
        "update document set master_document_id = null, instalment_number = null where number = '003549'",
        "update application set amount_debit = amount_debit - 0.01 where is_split",
        "update application set is_split = false where is_split",
    ],
)
async def test_instalments_that_do_not_add_up_are_found(connection: Connection, fault: str) -> None:
    await connection.execute("set local session_replication_role = replica")
    await connection.execute("alter table application drop constraint application_released_whole")
    await connection.execute(INSTALMENTS)
    assert "instalments-whole" not in [it.name for it in await offences(connection)]
    await connection.execute(fault)
    assert "instalments-whole" in [it.name for it in await offences(connection)]


@pytest.mark.parametrize(
    "deduction",
    [
        DEDUCTION.replace('"1"', '"-1"'),
        '{"amount": "1", "shares": [{"amount": "2"}]}',
        '{"amount": "999999", "shares": [{"amount": "999999"}]}',
    ],
)
async def test_a_deduction_that_does_not_add_up_is_found(connection: Connection, deduction: str) -> None:
    await connection.execute("set local session_replication_role = replica")
    await connection.execute(f"update document_line set work_type = 'Bygg' where document_id = {OF_DRAFT}")
    await connection.execute(f"update document set deduction = '{DEDUCTION}' where {DRAFT}")
    assert "deductions-add-up" not in [it.name for it in await offences(connection)]
    await connection.execute(f"update document set deduction = '{deduction}' where {DRAFT}")
    assert "deductions-add-up" in [it.name for it in await offences(connection)]


async def test_a_claim_without_a_deduction_is_found(connection: Connection) -> None:
    await connection.execute(f"update document set origin = 'tax_claim' where {DRAFT}")
    assert [offence.name for offence in await offences(connection)] == ["claims-settle-deductions"]


async def test_a_document_in_two_drafts_is_found(connection: Connection) -> None:
    for letter_id in (901, 902):
        await connection.execute(LETTER.format(id=letter_id, status="Draft", fee_document="null"))
        await connection.execute(LETTER_LINE.format(id=letter_id, level=0, due="2024-01-22"))
    assert "dunning-lines-due" in [offence.name for offence in await offences(connection)]


@pytest.mark.parametrize(
    "fault",
    [
        "update dunning_letter set level = 2 where letter_id = 901",
        "update dunning_letter set branch_number = 'other' where letter_id = 901",
        "update dunning_letter_line set balance = -1 where letter_id = 901",
        "update dunning_letter_line set level_after = level_before where letter_id = 901",
    ],
)
async def test_a_letter_that_does_not_fit_its_lines_is_found(connection: Connection, fault: str) -> None:
    await connection.execute(RELEASED_LETTER)
    await connection.execute(LETTER_LINE.format(id=901, level=0, due="2024-01-22"))
    assert "dunning-letter-whole" not in [offence.name for offence in await offences(connection)]
    await connection.execute(fault)
    assert "dunning-letter-whole" in [offence.name for offence in await offences(connection)]


async def test_a_credit_note_that_a_voided_letter_only_names_is_found(connection: Connection) -> None:
    await connection.execute("set local session_replication_role = replica")
    await connection.execute(LETTER.format(id=901, status="Released", fee_document="null"))
    await connection.execute(LETTER_LINE.format(id=901, level=0, due="2024-01-22"))
    await connection.execute(VOIDED)
    assert "dunning-voids" not in [offence.name for offence in await offences(connection)]
    await connection.execute(f"update dunning_letter set fee_credit_document_id = {OF_RELEASED} where letter_id = 901")
    assert "dunning-voids" in [offence.name for offence in await offences(connection)]


async def test_an_invoice_that_is_settled_while_its_correction_waits_is_found(connection: Connection) -> None:
    await connection.execute("set local session_replication_role = replica")
    await connection.execute(f"update document set corrects_document_id = {OF_OLDER} where {DRAFT}")
    assert "corrections-whole" not in [offence.name for offence in await offences(connection)]
    corrected = f"(select corrects_document_id from document where {DRAFT})"
    await connection.execute(f"update document set balance = balance - 1 where document_id = {corrected}")
    assert "corrections-whole" in [offence.name for offence in await offences(connection)]


async def test_a_letter_with_an_old_version_is_found(connection: Connection) -> None:
    await connection.execute(RELEASED_LETTER)
    assert "version-is-newest-change" in [offence.name for offence in await offences(connection)]


async def test_letters_that_were_counted_and_never_made_are_found(connection: Connection) -> None:
    await connection.execute("update tally set total = 1 where entity = 'DunningLetter'")
    assert [offence.name for offence in await offences(connection)] == ["tally-exact"]


async def test_a_statement_that_was_sent_again_before_it_was_sent_is_found(connection: Connection) -> None:
    await connection.execute(
        """
        insert into mail (company_id, mail_id, statement_as_of, customer_id, sending, is_automatic, state, copies,
                          asked_at, asked_by, due_at, version)
        select 1, 1, '2025-06-30', customer_id, 2, false, 'Waiting', '{}', now(), 'test', now(), 1
          from customer where number = '20001'"""
    )
    assert "mail-of-what-stands" in [offence.name for offence in await offences(connection)]
    await connection.execute("update mail set sending = 1")
    assert "mail-of-what-stands" not in [offence.name for offence in await offences(connection)]


async def test_projects_that_were_counted_and_never_made_are_found(connection: Connection) -> None:
    await connection.execute("update tally set total = total + 1 where entity = 'Project'")
    assert [offence.name for offence in await offences(connection)] == ["tally-exact"]


async def test_a_project_number_that_was_left_out_is_found(connection: Connection) -> None:
    await connection.execute("update number_series_range set last_number = 'P00001' where series_id = 'PROJECT'")
    assert [offence.name for offence in await offences(connection)] == ["numbers-unbroken"]


async def test_an_entity_that_is_not_counted_is_found(connection: Connection) -> None:
    await connection.execute("delete from tally where entity = 'DebitNote'")
    assert [offence.name for offence in await offences(connection)] == ["tally-exact", "tally-complete"]


async def test_a_series_that_is_chosen_no_longer_may_have_numbered_anything(connection: Connection) -> None:
    chosen = "update company set preferences = jsonb_set(preferences, '{series,invoice}', '\"DEBITNOTE\"')"
    await connection.execute(chosen)
    assert await offences(connection) == []
    await connection.execute("update number_series_range set last_number = '003560' where series_id = 'INVOICE'")
    (found,) = await offences(connection)
    assert [row["number"] for row in found.rows] == [f"{number:06d}" for number in range(3548, 3561)]


async def test_a_fee_invoice_without_a_letter_is_found(connection: Connection) -> None:
    await connection.execute(f"update document set origin = 'dunning_fee' where {DRAFT}")
    assert [offence.name for offence in await offences(connection)] == ["dunning-fees"]


async def test_more_back_than_was_paid_is_found(connection: Connection) -> None:
    await connection.execute("set local session_replication_role = replica")
    await connection.execute(
        f"""
        update document as back
           set document_type = 'CashReturn', corrects_document_id = sold.document_id, amount = sold.amount,
               balance = 0, balance_base = 0, status = 'Closed'
          from document as sold
         where sold.document_id = {OF_RELEASED} and back.document_type = 'Invoice' and back.number = '003525'"""
    )
    assert "returned-within-sale" not in [offence.name for offence in await offences(connection)]
    await connection.execute("update document set amount = amount + 0.01 where document_type = 'CashReturn'")
    assert "returned-within-sale" in [offence.name for offence in await offences(connection)]


async def test_only_what_is_paid_at_once_settles_itself(connection: Connection) -> None:
    await connection.execute("alter table application drop constraint application_two_documents")
    await connection.execute(
        f"""
        insert into application (company_id, credit_document_id, debit_document_id, amount_credit, amount_debit,
                                 created_at, created_by)
        select 1, document_id, document_id, 1, 1, now(), 'x' from document where {DRAFT}"""
    )
    assert "applications-legal" in [offence.name for offence in await offences(connection)]
