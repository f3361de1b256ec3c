-- The invariants of the books as queries: each returns the rows that break it, so an empty answer is a proof.

-- name: migrations-in-sequence Migrations were applied without a gap.
select version, name
from (select version, name, version - lag(version, 1, version - 1) over (order by version) as step from schema_version) as numbered
where step <> 1;
