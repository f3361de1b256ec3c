-- What a line of household work is for (W14). It is only stored and shown, as deductions are not served yet.

alter table document_line
    add column item_type text,
    add constraint document_line_item_type_known check (item_type in ('Service', 'MaterialCost', 'OtherCost'));
