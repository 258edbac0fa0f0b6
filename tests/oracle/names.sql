-- Names of tables in strings, where only the table counts that they name.

-- case: names: compared
-- traps: 32
SELECT 'customers'::regclass = to_regclass('public.customers'), 'customers'::regclass <> 'solver'::regclass, 'solver'::regclass IN ('customers'::regclass, 'solver'::regclass)

-- case: names: whether there is one
-- traps: 32
SELECT to_regclass('customers') IS NOT NULL, to_regclass('"customers"') IS NULL, to_regclass('Customers') IS NULL, to_regclass('"Customers"') IS NULL, to_regclass('no_such_table') IS NULL

-- case: names: as numbers
-- traps: 32
SELECT 'solver'::regclass::oid = regclass 'public.solver'::oid, CAST('solver' AS regclass)::bigint > 0

-- case: names: sizes
-- traps: 32
SELECT pg_relation_size('customers') > 0, pg_total_relation_size('public.customers'::regclass) > 0, pg_table_size(to_regclass('solver')) > 0, pg_indexes_size($$"solver"$$) > 0 FROM solver WHERE id = 1

-- case: names: of what kept its name
-- traps: 32
SELECT pg_relation_size('feedback_log') > 0, 'feedback_log'::regclass::text, has_table_privilege(current_user, 'solver', 'SELECT')

-- case: names: in the catalog
-- traps: 32
SELECT c.relkind, c.relname <> '' FROM pg_class c WHERE c.oid = 'customers'::regclass

-- case: names: behind another search path
-- set: SET search_path = archive, public
-- traps: 32
SELECT pg_relation_size('public.solver') > 0, to_regclass('public.solver') = 'solver'::regclass

-- case: names: refused: as a value
-- refused: 0A000
SELECT to_regclass('customers')

-- case: names: refused: of a query
-- refused: 0A000
SELECT pg_relation_size('providers')

-- case: names: a string that is none
-- traps: 32
SELECT 'customers' = full_name, concat('customers'), 'customers'::text FROM customers ORDER BY id
