"""The filters shared by lists of documents, of one kind or of all. Conditions are over `document`."""

from __future__ import annotations

from reskontra.changes.lists.wire import choice, day, either, equal, greater, matching, moment, parsed, whole
from reskontra.customers.store.fragments import id_of_number
from reskontra.periods.rules import parse_period
from reskontra.receivables.wire.items import Status

ITEM_FILTERS = (
    equal("externalReference", "document.external_reference"),
    equal("paymentReference", "document.payment_reference"),
    equal("customerRefNumber", "document.customer_reference"),
    equal("project", "document.project_id"),
    equal("branch", "document.branch_number"),
    greater("greaterThanValue", "document.number"),
    matching("customer", f"document.customer_id = {id_of_number('{}::text')}"),
    choice("status", Status, "document.status"),
    either("released", "document.released_at is not null", "document.released_at is null"),
    whole("dunningLevel", "document.dunning_level = {}"),
    parsed("financialPeriod", parse_period, "document.period_id = {}"),
    parsed("closedFinancialPeriod", parse_period, "document.closed_period_id = {}"),
    day("documentDate", "document.document_date"),
    day("documentDueDate", "document.due_date"),
    moment("lastModifiedDateTime", "document.modified_at"),
    moment("createdDateTime", "document.created_at"),
    day("dunningLetterDateTime", "document.dunning_letter_date"),
)
