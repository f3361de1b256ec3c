"""Every page: its address, what makes it, and who may see it."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.pages import (
    applying,
    bulk,
    crediting,
    customer_form,
    customers,
    document,
    document_actions,
    documents,
    editing,
    ledger,
    outbox,
    overview,
    paying,
    reminding,
    reports,
    request_log,
    sandbox_start,
    searching,
    sending,
    sent,
    settings,
)
from reskontra.pages.document_kinds import by_kind
from reskontra.pages.frame_first import Early
from reskontra.pages.site import Page
from reskontra.users.rules import Role

PAGES: Sequence[Page] = (
    Page("GET", "", overview.show_overview, early=Early("Overview", "overview")),
    Page("GET", "customers", customers.show_customers, early=Early("Customers", "customers")),
    Page("GET", "customers/new", customer_form.show_new, Role.BOOKKEEPER),
    Page("POST", "customers/new", customer_form.create, Role.BOOKKEEPER),
    Page("GET", "customers/{number}/edit", customer_form.show_edit, Role.BOOKKEEPER),
    Page("POST", "customers/{number}/edit", customer_form.change, Role.BOOKKEEPER),
    Page("GET", "customers/{number}", customers.show_customer),
    Page("GET", "customers/{number}/statement", customers.show_statement),
    Page("GET", "customers/{number}/details", customers.show_details),
    Page("GET", "customers/{number}/places", customers.show_places),
    Page("GET", "customers/{number}/letters", customers.show_letters),
    Page("GET", "customers/{number}/log", customers.show_log),
    Page("GET", "reminding", reminding.show_board, early=Early("Reminding", "reminding")),
    Page("POST", "reminding", reminding.remind, Role.BOOKKEEPER),
    Page("GET", "letters", reminding.show_letters),
    Page("GET", "letters/{number}/send", sending.show_send_letter, Role.BOOKKEEPER),
    Page("POST", "letters/{number}/send", sending.send_letter, Role.BOOKKEEPER),
    Page("GET", "letters/{number}", reminding.show_letter),
    Page("POST", "letters/{number}/{action}", reminding.act_on_letter, Role.BOOKKEEPER),
    Page("GET", "periods", ledger.show_periods, early=Early("Periods", "periods")),
    Page("POST", "periods/{period}/{verb}", ledger.change_period, Role.CONTROLLER),
    Page("GET", "journal", ledger.show_journal, early=Early("Journal", "journal")),
    Page("GET", "journal/{number}", ledger.show_batch, early=Early("Batch", "journal")),
    Page("GET", "reports/{report}", reports.show_report, early=Early("Reports", "reports")),
    Page("GET", "search", searching.search, early=Early("Search", "")),
    Page("GET", "log", ledger.show_log, early=Early("Log", "log")),
    Page("GET", "documents", documents.show_documents, early=Early("Documents", "documents")),
    Page("POST", "documents/bulk", bulk.show_bulk, Role.BOOKKEEPER),
    Page("POST", "documents/bulk/run", bulk.run_bulk, Role.BOOKKEEPER),
    Page("GET", "documents/bulk/result", bulk.show_result, Role.BOOKKEEPER),
    Page("GET", "choices", editing.show_choices),
    Page("GET", "documents/{type}/{number}/credit", crediting.show_credit, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/credit", crediting.credit, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/{number}/apply", applying.show_apply, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/apply", applying.apply, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/new", by_kind(editing.show_new, paying.show_new_payment), Role.BOOKKEEPER),
    Page("POST", "documents/{type}/new", by_kind(editing.post_document, paying.post_payment), Role.BOOKKEEPER),
    Page(
        "GET", "documents/{type}/{number}/edit", by_kind(editing.show_edit, paying.show_edit_payment), Role.BOOKKEEPER
    ),
    Page(
        "POST", "documents/{type}/{number}/edit", by_kind(editing.post_document, paying.post_payment), Role.BOOKKEEPER
    ),
    Page("GET", "documents/{type}/{number}/release", document_actions.show_release, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/release", document_actions.release, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/{number}/delete", document_actions.show_delete, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/delete", document_actions.delete, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/{number}/void", document_actions.show_void, Role.CONTROLLER),
    Page("POST", "documents/{type}/{number}/void", document_actions.void, Role.CONTROLLER),
    Page("GET", "documents/{type}/{number}/correct", document_actions.show_correct, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/correct", document_actions.correct, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/{number}/undo", document_actions.show_undo, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/undo", document_actions.undo, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/hold", document_actions.hold, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/note", document_actions.keep_note, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/attachment", document_actions.attach, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/{number}/send", sending.show_send, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/send", sending.send, Role.BOOKKEEPER),
    Page("GET", "documents/{type}/{number}/e-invoice", sending.show_e_invoice, Role.BOOKKEEPER),
    Page("POST", "documents/{type}/{number}/e-invoice", sending.send_e_invoice, Role.BOOKKEEPER),
    Page("GET", "mails", sent.show_mails),
    Page("GET", "e-invoices", sent.show_e_invoices),
    Page("GET", "documents/{type}/{number}", document.show_document),
    Page("POST", "company", settings.choose_company),
    Page("GET", "preferences", settings.show_preferences),
    Page("POST", "preferences", settings.change_preferences),
    Page("GET", "api/{path:rest}", settings.fetch),
)
"""What bookkeepers see, in `serve` and in the sandbox."""

SANDBOX_PAGES: Sequence[Page] = (
    Page("GET", "sandbox", sandbox_start.show_start),
    Page("GET", "sandbox/events", request_log.follow_last),
    Page("GET", "sandbox/state", sandbox_start.show_state),
    Page("GET", "sandbox/state/reset", sandbox_start.show_reset, Role.CONTROLLER),
    Page("POST", "sandbox/state/reset", sandbox_start.reset, Role.CONTROLLER),
    Page("GET", "sandbox/outbox", outbox.show_outbox),
    Page("GET", "sandbox/outbox/{name}", outbox.show_mail),
    Page("GET", "sandbox/outbox/{name}/html", outbox.show_html),
    Page("GET", "sandbox/outbox/{name}/files/{place}", outbox.get_part),
    Page("GET", "sandbox/coverage", sandbox_start.show_coverage),
    Page("GET", "sandbox/requests", request_log.show_requests),
    Page("GET", "sandbox/requests/events", request_log.follow),
    Page("GET", "sandbox/requests/clear", request_log.show_clear, Role.BOOKKEEPER),
    Page("POST", "sandbox/requests/clear", request_log.clear, Role.BOOKKEEPER),
    Page("GET", "sandbox/requests/{id}", request_log.show_request),
)
"""What only a sandbox has."""
