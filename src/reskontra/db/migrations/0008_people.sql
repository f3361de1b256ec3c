-- People and places around a customer: contacts, more locations, salespersons, attributes that clients write.

-- Locations beyond the default one. Address and contact follow the customer's main ones while their id is null.
alter table location
    add column edi_code                    text,
    add column peppol_endpoint             text,
    add column peppol_party_identification text,
    add column peppol_party_legal          text,
    add column version bigint not null default nextval('change_id');
create index location_modified on location (company_id, modified_at);

-- A person to talk to. Its id comes from the tally 'Contact' like those of contact_details, so that no contact id
-- means two things. The address follows the customer's main one while address_id is null.
create table contact (
    company_id     integer not null,
    contact_id     integer not null,
    customer_id    integer,
    active         boolean not null,
    title          text,
    first_name     text,
    last_name      text,
    display_name   text not null,
    position       text,
    address_id     integer,
    email          text,
    web            text,
    phone_1        text,
    phone_2        text,
    phone_3        text,
    fax            text,
    contact_method text not null,
    do_not_call    boolean not null,
    do_not_fax     boolean not null,
    do_not_email   boolean not null,
    do_not_mail    boolean not null,
    no_mass_mail   boolean not null,
    no_marketing   boolean not null,
    created_at     timestamptz not null,
    modified_at    timestamptz not null,
    version        bigint not null,
    constraint contact_pk primary key (company_id, contact_id),
    constraint contact_customer_exists foreign key (company_id, customer_id) references customer,
    constraint contact_title_known check (title in ('Doctor', 'Miss', 'Mr', 'Mrs', 'Ms', 'Prof')),
    constraint contact_method_known check (contact_method in ('Any', 'Email', 'Mail', 'Fax', 'Phone'))
);
create index contact_by_customer on contact (company_id, customer_id, contact_id);

alter table document add constraint document_contact_exists
    foreign key (company_id, contact_id) references contact;

-- Who sells. created_at of the rows there are is not known better than by their last change.
alter table salesperson
    add column created_at timestamptz,
    add column version bigint not null default nextval('change_id');
update salesperson set created_at = modified_at;
alter table salesperson alter column created_at set not null;
create unique index salesperson_cd_folded on salesperson (company_id, lower(salesperson_cd) collate "C");

-- Who sells to a customer at a location, and for which commission. The default one is taken by new documents.
create table customer_salesperson (
    company_id         integer not null,
    customer_id        integer not null,
    location_id        integer not null,
    salesperson_id     integer not null,
    commission_percent numeric(9,6) not null,
    is_default         boolean not null,
    created_at         timestamptz not null,
    modified_at        timestamptz not null,
    constraint customer_salesperson_pk primary key (company_id, customer_id, location_id, salesperson_id),
    constraint customer_salesperson_location_exists
        foreign key (company_id, customer_id, location_id) references location,
    constraint customer_salesperson_exists foreign key (company_id, salesperson_id) references salesperson
);
create unique index customer_salesperson_one_default on customer_salesperson (company_id, customer_id, location_id)
    where is_default;
create index customer_salesperson_by_person on customer_salesperson (company_id, salesperson_id);

-- Attributes: what the API adds to what a company file holds.
alter table attribute
    add column internal           boolean not null default false,
    add column entry_mask         text,
    add column regular_expression text,
    add column created_at         timestamptz,
    add column version            bigint not null default nextval('change_id');
update attribute
   set created_at = modified_at,
       control_type = coalesce((select known from unnest(array['Text', 'Combo', 'MultiSelectCombo', 'Lookup',
                                                               'Checkbox', 'Datetime']) as known
                                 where lower(known) = lower(control_type)), 'Text');
alter table attribute
    alter column created_at set not null,
    add constraint attribute_control_type_known check
        (control_type in ('Text', 'Combo', 'MultiSelectCombo', 'Lookup', 'Checkbox', 'Datetime'));
create unique index attribute_id_folded on attribute (company_id, lower(attribute_id) collate "C");

alter table customer_attribute add constraint customer_attribute_exists
    foreign key (company_id, attribute_id) references attribute;
create index customer_attribute_by_value on customer_attribute (company_id, attribute_id);

insert into tally (company_id, entity, total)
select company.company_id, 'Attribute',
       (select count(*) from attribute where attribute.company_id = company.company_id)
  from company
on conflict do nothing;
