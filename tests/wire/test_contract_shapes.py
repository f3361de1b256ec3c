"""The mounted structs spell what the contract spells: every field, wrapped where it is wrapped there, of its kind."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from reskontra.app import mounted_routes
from reskontra.web import contract
from reskontra.web.shapes import Kind, Shape, Slot, plan_of

# Fields of the contract that a served struct leaves out, each with its reason. It only ever gets shorter.
LEFT_OUT = {
    "InventoryDto.lotSerialClass": "items are sold here, not stocked and not bought",
    "InventoryDto.pendingCost": "as above",
    "InventoryDto.pendingCostDate": "as above",
    "InventoryDto.currentCost": "as above",
    "InventoryDto.effectiveDate": "as above",
    "InventoryDto.lastCost": "as above",
    "InventoryDto.costPriceStatistics": "as above",
    "InventoryDto.warehouseDetails": "as above",
    "InventoryDto.inventoryUnits": "as above",
    "InventoryDto.defaultWarehouse": "as above",
    "InventoryDto.defaultIssueFrom": "as above",
    "InventoryDto.defaultReceiptTo": "as above",
    "InventoryDto.supplierDetails": "as above",
    "InventoryDto.recommendedPrice": "an item has one price of its own; others are sales prices",
    "InventoryDto.priceManagerID": "as above",
    "InventoryDto.priceManager": "as above",
    "InventoryDto.priceClass": "as above",
    "InventoryDto.priceWorkgroupID": "as above",
    "InventoryDto.priceClassID": "as above",
    "InventoryDto.salesCategories": "items have no sales categories",
    "InventoryDto.attachments": "items take no attachments",
    "InventoryUpdateDto.supplierDetails": "items are not bought here",
    "InventoryUpdateDto.defaultWarehouse": "items are not stocked here",
    "InventoryUpdateDto.defaultIssueFrom": "as above",
    "InventoryUpdateDto.defaultReceiptTo": "as above",
    "ItemClassDto.attributes": "item classes have no attributes of their own",
    "ItemClassInInventoryDto.attributes": "as above",
    "BAccountInInventoryCrossReferenceDto.name": "a party is only a code: items stand below customers",
    "InventoryCrossReferenceDto.timestamp": "a cross reference has no version of its own",
    "GlAccountsInVatInformationDto.vatClaimableAccount": "VAT on purchases is not kept",
    "GlAccountsInVatInformationDto.vatClaimableSubccount": "as above",
    "VatInformationDto.defaultNonStockItem": "as above",
    "VatInformationDto.vismaXmlVatType": "a code of a file format that is not written",
    "VatAgencyIdInVatInformationDto.internalId": "a VAT agency is no supplier here",
    "VatInformationScheduleDto.reportingGroup": "VAT reports have no groups",
    "VatInformationScheduleDto.deductibleVatRate": "VAT on purchases is not kept",
    "SalesPersonDto.commissionHistory": "commissions are agreed here, not paid",
    "ClassAttributeDto.defaultValue": "attributes belong to the company, classes give them no values",
    "EntryTypeDto.defaultOffsetAccountBranch": "an entry goes to its account in the branch of the payment",
    "EntryTypeDto.offsetAccountBranch": "as above",
    "EntryTypeDto.offsetAccountOverride": "an entry type has one account, the default one",
    "EntryTypeDto.offsetSubaccountOverride": "as above",
    "EntryTypeDto.reclasificationAccount": "payments of unknown customers are not entered, so none is reclassified",
    "EntryTypeDto.reclasificationAccountOverride": "as above",
    "EntryTypeDto.businessAccount": "charges are the bank's, which is no business account here",
    "EntryTypeDto.vatZone": "charges and interest of a bank carry no VAT",
    "SubaccountInCashAccountDto.lastModifiedDateTime": "where it is named, a subaccount has no version of its own",
    "SubaccountInCashAccountDto.timeStamp": "as above",
    "DiscountDto.lastUpdateDate": "pending figures count from their day on, without an update",
    "DiscountDto.freeItem": "no discount is a free item",
    "DiscountDto.pendingFreeItem": "as above",
    "DiscountDto.lastFreeItem": "as above",
    "DiscountDto.warehouses": "documents have no warehouses",
    "DiscountDto.itemPriceClasses": "items have no price classes",
    "DiscountDto.branches": "a discount is for all branches",
    "DiscountBreakpointDto.lastAmountTo": "where a step ended once is where the next one began",
    "DiscountBreakpointDto.lastQuantityTo": "as above",
    "DiscountBreakpointDto.lastDiscount": "lastDiscountPercent or lastDiscountAmount says it",
    "DiscountBreakpointDto.freeItemQty": "no discount is a free item",
    "DiscountBreakpointDto.lastFreeItemQty": "as above",
    "DiscountBreakpointDto.pendingFreeItemQty": "as above",
    "ProjectDto.nextBillingDate": "projects are not billed by themselves",
    "ProjectDto.lastBillingDate": "as above",
    "ProjectDto.publicId": "a project is known by its number and its internal id",
    "ProjectDto.attributes": "no body can give a project attributes",
    "TaskDto.attributes": "as above",
    "TaskDto.endDate": "no body can end a task; its status says it",
    "BillingRuleInProjectDto.active": "rules and templates are codes, of which nothing else is known",
    "AllocationRuleInProjectDto.active": "as above",
    "TemplateInProjectDto.status": "as above",
    "TemplateInProjectDto.description": "as above",
    **{
        f"{schema}.{name}": "employees are not kept: only what was sent of one is known"
        for schema in ("EmployeeDto", "ProjectManagerInProjectDto")
        for name in (
            "employeeUserId",
            "employeeName",
            "status",
            "department",
            "contact",
            "address",
            "lastModifiedDateTime",
            "employeeClass",
            "branch",
            "calendarID",
            "employeeLogin",
            "workGroupDescription",
            "timeStamp",
        )
    },
    "errorInfo": "always absent: errors are answers of their own",
    "AccountInGeneralLedgerTransactionDetailsDto.glConsolAccountCD": "books are not consolidated",
    "JournalTransactionDto.originalBatchNumber": "a correction is a document of its own, with its own batch",
    "JournalTransactionDto.transactionCode": "batches have no codes",
    "JournalTransactionDto.transactionCodeDescription": "as above",
    "JournalTransactionLineDto.uom": "an entry may sum several lines of a document: it names none of their items",
    "JournalTransactionLineDto.quantity": "as above",
    "JournalTransactionLineDto.inventoryNumber": "as above",
    "JournalTransactionLineDto.project": "as above",
    "JournalTransactionLineDto.projectTask": "as above",
    "JournalTransactionLineDto.note": "as above",
    "SubaccountInCustomerDocumentDto.timeStamp": "reference rows carry no version of their own there",
    "SubaccountInJournalTransactionLineDto.timeStamp": "reference rows carry no version of their own there",
    "SubaccountInJournalTransactionLineDto.lastModifiedDateTime": "as above",
    "AccountDto.controlAccountModule": "no account is kept to one module",
    "AccountDto.allowManualEntry": "nothing is entered in the journal by hand",
    "MainAddressInBranchDto.addressId": "addresses and contacts of branches have no ids",
    "MainContactInBranchDto.contactId": "addresses and contacts of branches have no ids",
    "DeliveryAddressInBranchDto.addressId": "addresses and contacts of branches have no ids",
    "DeliveryContactInBranchDto.contactId": "addresses and contacts of branches have no ids",
    "MainAddressInExtendedOrganizationDto.addressId": "addresses and contacts of branches have no ids",
    "MainContactInExtendedOrganizationDto.contactId": "addresses and contacts of branches have no ids",
    "DeliveryAddressInExtendedOrganizationDto.addressId": "addresses and contacts of branches have no ids",
    "DeliveryContactInExtendedOrganizationDto.contactId": "addresses and contacts of branches have no ids",
    "DtoSegment.internalId": "a segment is known by its number",
    "DtoSegment.consolNumChar": "books are not consolidated",
    "DtoSegment.consolOrder": "as above",
    "DtoSegmentValue.internalId": "a value is known by itself",
    "DtoSegmentValue.mappedSegValue": "books are not consolidated",
    "SubAccountDto.lastModifiedDateTime": "reference rows carry no time of change",
    "SubAccountDto.timeStamp": "reference rows carry no version of their own",
    "SubaccountInCustomerInvoiceDto.timeStamp": "as above",
    "SubaccountInCustomerInvoiceLineDto.timeStamp": "as above",
    "SubaccountInCustomerCreditNoteDto.timeStamp": "as above",
    "SubaccountInCustomerCreditNoteLineDto.timeStamp": "as above",
    "SubaccountInCustomerDebitNoteDto.timeStamp": "as above",
    "SubaccountInCustomerDebitNoteLineDto.timeStamp": "as above",
    "SubaccountInCashSaleDto.timeStamp": "as above",
    "SubaccountInCashSaleLineDto.timeStamp": "as above",
    "SubaccountInCustomerOverdueChargeDto.timeStamp": "as above",
    "SubaccountInCustomerOverdueChargeLineDto.timeStamp": "as above",
}

KINDS = {
    "string": {Kind.TEXT},
    "number": {Kind.NUMBER},
    "integer": {Kind.WHOLE},
    "boolean": {Kind.FLAG},
    "datetime": {Kind.TEXT},
}

ADDED = {
    "CashSaleUpdateDto.currencyId": "invoices have it, and passing over it would book euros as kroner",
    "CashSaleUpdateDto.exchangeRate": "as above",
}
"""Fields that the contract does not have there, each with its reason."""

Pair = tuple[type[msgspec.Struct], str]


def served_pairs() -> Iterator[Pair]:
    operations = contract.operations()
    for route in mounted_routes():
        operation = operations.get(route.operation)
        if operation is None or route.missing is not None:
            continue
        assert (route.body is None) == (operation.body is None), route.operation
        if route.body is not None and operation.body is not None:
            yield route.body, operation.body
        if route.answer is not None and operation.answer is not None:
            assert route.lists == operation.answer.endswith("[]"), route.operation
            yield _record_of(route.answer), operation.answer.removesuffix("[]")


def _record_of(answer: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """What a list of credit terms is about: its answer is a page that holds `records`."""
    records = plan_of(answer).by_attribute.get("records")
    return (innermost(records.shape).struct if records else None) or answer


def differences() -> Iterator[str]:
    schemas = contract.schemas()
    waiting, seen = list(served_pairs()), set()
    while waiting:
        struct, name = pair = waiting.pop()
        if pair in seen or name not in schemas:
            continue
        seen.add(pair)
        slots = {slot.wire: slot for slot in plan_of(struct).slots}
        for field in schemas[name]:
            if field not in slots and field not in LEFT_OUT and f"{name}.{field}" not in LEFT_OUT:
                yield f"{struct.__name__} lacks {name}.{field}"
        for wire, slot in slots.items():
            if wire not in schemas[name] and f"{name}.{wire}" in ADDED:
                continue
            if wire not in schemas[name]:
                yield f"{struct.__name__}.{wire} is not in {name}"
            else:
                yield from unlike(f"{struct.__name__}.{wire}", slot, schemas[name][wire])
                inner = innermost(slot.shape)
                if inner.struct is not None:
                    waiting.append((inner.struct, schemas[name][wire].removeprefix("wrapped ").removesuffix("[]")))


def unlike(place: str, slot: Slot, kind: str) -> Iterator[str]:
    if slot.wrapped != kind.startswith("wrapped "):
        yield f"{place}: wrapped differs from {kind}"
    plain = kind.removeprefix("wrapped ")
    if (slot.shape.kind is Kind.LIST) != plain.endswith("[]"):
        yield f"{place}: list differs from {kind}"
    if plain in KINDS and slot.shape.kind not in KINDS[plain] | {Kind.CHOICE}:
        yield f"{place}: {slot.shape.kind} is not {kind}"


def innermost(shape: Shape) -> Shape:
    while shape.kind is Kind.LIST and shape.item is not None:
        shape = shape.item
    return shape


def test_served_structs_are_the_contracts() -> None:
    assert list(differences()) == []


def test_something_is_compared() -> None:
    assert len(list(served_pairs())) >= 20
