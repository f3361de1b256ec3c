-- Payment references (KID, OCR, RF): made when a document is first saved, in the statement that gives it its number.
-- The one that was made is kept beside the one that is used, so that a caller who sent his own can go back to it.

alter table document add column generated_reference text collate "C";

create unique index document_generated_reference_unique on document (company_id, generated_reference)
    where generated_reference is not null;
create index document_payment_reference on document (company_id, payment_reference)
    where payment_reference is not null;

-- The check digit by weights 2, 1, 2, 1 ... from the right, adding the digits of products (KID-02; Luhn).
create function mod10_digit(digits text) returns text language sql immutable strict parallel safe as $$
    select ((10 - sum(case when place % 2 = 1 then digit::integer * 2 / 10 + digit::integer * 2 % 10
                           else digit::integer end) % 10) % 10)::text
      from string_to_table(reverse(digits), null) with ordinality as placed (digit, place)
$$;

-- The check digit by weights 2 to 7, again and again, from the right; 10 is written "-" (KID-02).
create function mod11_digit(digits text) returns text language sql immutable strict parallel safe as $$
    select case 11 - sum(digit::integer * (2 + (place - 1) % 6)) % 11
                when 11 then '0' when 10 then '-' else (11 - sum(digit::integer * (2 + (place - 1) % 6)) % 11)::text end
      from string_to_table(reverse(digits), null) with ordinality as placed (digit, place)
$$;

-- The two check digits of an RF reference (ISO 11649): letters count from A = 10.
create function rf_digits(reference text) returns text language sql immutable strict parallel safe as $$
    select lpad((98 - string_agg(case when sign between '0' and '9' then sign else (ascii(sign) - 55)::text end, ''
                                 order by place)::numeric % 97)::text, 2, '0')
      from string_to_table(upper(reference) || 'RF00', null) with ordinality as placed (sign, place)
$$;

-- What stands before the check digits, with these ones behind or before it (REFN-05).
create function with_check_digits(layout jsonb, parts text) returns text
language sql immutable strict parallel safe as $$
    select case layout ->> 'scheme'
        when 'kid' then parts || case layout ->> 'algorithm' when 'MOD11' then mod11_digit(parts)
                                                            else mod10_digit(parts) end
        when 'rf' then 'RF' || rf_digits(parts) || parts
        when 'ocr' then long || mod10_digit(long) end
      from (select case when (layout ->> 'length_digit')::boolean then parts || (length(parts) + 2) % 10
                        else parts end) as counted (long)
$$;

-- Digits for a part: those of a number if it has nothing else and fits, else those of an internal id. Null if neither
-- fits.
create function reference_part(number text, internal_id bigint, width integer) returns text
language sql immutable parallel safe as $$
    select case when number ~ '^[0-9]+$' and length(number) <= width then lpad(number, width, '0')
                when length(internal_id::text) <= width then lpad(internal_id::text, width, '0') end
$$;

-- The reference of a new document (REFN-03). A number with letters, or one that is too long or reads like one that is
-- taken ("17" and "0017"), gives way to the document's internal id, under a type of its own. Null if the id is too long.
create function new_payment_reference(the_company integer, layout jsonb, the_number text, the_document bigint,
                                      customer_number text, the_customer integer) returns text
language plpgsql stable as $$
declare
    reference text;
    is_by_number boolean;
begin
    if layout is null then
        return null;
    end if;
    foreach is_by_number in array array[true, false]
    loop
        select with_check_digits(layout, case when bool_and(digits is not null) then string_agg(digits, '' order by place)
                                         end)
          into reference
          from (select place, case part ->> 'part'
                    when 'customer' then reference_part(customer_number, the_customer, (part ->> 'width')::integer)
                    when 'type' then case when is_by_number then layout ->> 'type_digit' else '9' end
                    when 'number' then case when is_by_number
                        then reference_part(the_number, null, (part ->> 'width')::integer)
                        else reference_part(null, the_document, (part ->> 'width')::integer) end end as digits
                  from jsonb_array_elements(layout -> 'parts') with ordinality as parts (part, place)) as written;
        exit when reference is not null and not exists (
            select from document where company_id = the_company and generated_reference = reference);
    end loop;
    return reference;
end $$;
