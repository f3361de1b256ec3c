-- A change row says of each attribute what it was and what it became: [old, new]. Of a new or deleted thing it says what
-- there is or was. Rows from before say only what an attribute became: [new].
update change
   set detail = case event
       when 'renumbered' then jsonb_build_object('number', jsonb_build_array(detail -> 'number_before', entity_key))
       else (select coalesce(jsonb_object_agg(key, jsonb_build_array(value)), '{}') from jsonb_each(detail)) end
 where jsonb_typeof(detail) = 'object' and event not in ('created', 'deleted');

create function refuse_change_of_the_log() returns trigger language plpgsql as $$
begin
    raise exception 'the log of changes is append-only'
        using errcode = '23514', constraint = 'change_is_append_only', detail = old.change_id::text;
end $$;

create trigger change_is_append_only before update or delete on change
    for each row execute function refuse_change_of_the_log();

-- Who reads the log reads it by time.
create index change_by_time on change (company_id, changed_at, change_id);

-- The numbers that somebody sent, for the control of number series.
create index change_of_number on change (company_id, entity, entity_key)
    where event in ('created', 'renumbered') and detail ? 'number';

-- What a document showed when it was issued, for as long as it must be kept: who sold, who bought, on which terms, and what
-- it said about VAT. Figures, lines and texts of the document itself are frozen in their own tables.
create table issued_document (
    company_id  integer not null,
    document_id bigint not null,
    taken_at    timestamptz,
    seller      jsonb not null,
    buyer       jsonb not null,
    terms_text  text,
    vat_texts   jsonb not null,
    warnings    jsonb not null,
    constraint issued_document_pk primary key (company_id, document_id)
);

create function refuse_issued_change() returns trigger language plpgsql as $$
begin
    raise exception 'what a document showed when it was issued cannot change'
        using errcode = '23514', constraint = 'issued_document_is_kept', detail = old.document_id::text;
end $$;

create trigger issued_document_is_kept before update or delete on issued_document
    for each row execute function refuse_issued_change();

-- Documents from before have followed their customer until now. From here on they keep what they show today: taken_at is
-- null, and schema_version says when this was.
insert into issued_document (company_id, document_id, seller, buyer, terms_text, vat_texts, warnings)
select document.company_id, document.document_id,
       jsonb_strip_nulls(jsonb_build_object(
           'name', company.name, 'branch_name', branch.name, 'corporate_id', branch.detail ->> 'corporate_id',
           'vat_registration_id', branch.detail ->> 'vat_registration_id',
           'country_id', coalesce(branch.detail -> 'main_address' ->> 'country_id', branch.country_id,
                                  company.country_id),
           'address', nullif(branch.detail -> 'main_address', 'null'))),
       jsonb_strip_nulls(jsonb_build_object(
           'name', customer.name, 'number', customer.number, 'corporate_id', location.corporate_id,
           'vat_registration_id', location.vat_registration_id,
           'country_id', document.invoice_address ->> 'country_id',
           'address', nullif(document.invoice_address - 'address_id' - 'override', 'null'))),
       (select terms.description from credit_terms as terms
         where terms.company_id = document.company_id and terms.terms_id = document.terms_id),
       coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                            'vat_id', vat.vat_id, 'description', vat.description, 'text', vat.document_text))
                        order by row.vat_id)
                   from document_vat as row
                   join vat on vat.company_id = row.company_id and vat.vat_id = row.vat_id
                  where row.company_id = document.company_id and row.document_id = document.document_id), '[]'),
       '[]'
  from document
  join company on company.company_id = document.company_id
  join customer on customer.company_id = document.company_id and customer.customer_id = document.customer_id
  left join location on location.company_id = document.company_id and location.customer_id = document.customer_id
   and location.location_id = document.location_id
  left join branch on branch.company_id = document.company_id and branch.branch_number = document.branch_number
 where document.released_at is not null and document.lines_json is not null;

-- What a customer owed at the end of a period is summed over its own entries.
create index journal_entry_of_customer on journal_entry (company_id, customer_id, period_id)
    where moves_document_id is not null;
