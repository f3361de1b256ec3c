-- Clients fetch what has changed by asking for what is later than the latest moment they have seen (decision 0021). So
-- no row may turn up later with an earlier moment: whoever writes says since when, and readers are shown nothing newer
-- than the oldest write that is still under way.
--
-- A writer takes a shared advisory lock whose key is the moment, in milliseconds, at which it began; nobody ever waits
-- for it. Only then it reads the clock for its rows. The keys lie below those of the reference data (0) and of periods.
-- They repeat after twelve days, which no write takes.

create function stamp_key(moment timestamptz) returns integer language sql immutable as $$
    select (-1 - ((floor(extract(epoch from moment) * 1000))::bigint & 1073741823))::integer
$$;

-- The moment that a row is stamped with: the database's clock, or `given` where the program's own clock does not run
-- (`reskontra.clock`). As exact as the wire shows it.
create function write_stamp(the_company integer, given timestamptz) returns timestamptz language plpgsql volatile as $$
begin
    if current_setting('reskontra.clock', true) is distinct from 'runs' then
        return date_trunc('milliseconds', given);
    end if;
    perform pg_advisory_xact_lock_shared(the_company, stamp_key(clock_timestamp()));
    return date_trunc('milliseconds', clock_timestamp());
end $$;

-- No row that is stamped before this moment is still to come. It is asked by a statement before the one that reads rows,
-- which then sees all that had been committed when it was asked. Null where the clock does not run.
create function stamp_horizon(the_company integer) returns timestamptz language plpgsql volatile as $$
declare
    here timestamptz := clock_timestamp();
    milliseconds bigint := floor(extract(epoch from here) * 1000)::bigint;
    behind bigint;
begin
    if current_setting('reskontra.clock', true) is distinct from 'runs' then
        return null;
    end if;
    -- How long ago the oldest began: the distance between its key, which is an oid here, and that of this moment. One that
    -- began since then is ahead by a little, which looks like twelve days.
    select max(age) into behind
      from (select (milliseconds - (4294967295 - objid::bigint)) & 1073741823 as age
              from pg_locks
             where locktype = 'advisory' and objsubid = 2 and classid = the_company::oid and objid::bigint > 2147483647
               and database = (select oid from pg_database where datname = current_database())) as held
     where age < 536870912;
    return to_timestamp((milliseconds - coalesce(behind, 0)) / 1000.0);
end $$;

do $$
declare
    part record;
begin
    for part in
        select columns.table_name, columns.column_name
          from information_schema.columns
         where table_schema = 'public' and column_name in ('created_at', 'modified_at')
           and table_name in ('document', 'customer', 'location', 'contact', 'item', 'account', 'subaccount', 'attribute',
                              'salesperson', 'currency_rate', 'batch')
         order by 1, 2
    loop
        execute format('update %1$I set %2$I = date_trunc(''milliseconds'', %2$I)
                         where %2$I <> date_trunc(''milliseconds'', %2$I)', part.table_name, part.column_name);
    end loop;
end $$;
