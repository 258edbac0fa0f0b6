-- What the server's catalogs say of mapped tables, as drivers, ORMs and BI tools ask for it.

-- case: introspection: columns by their names
SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, character_octet_length,
       numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, interval_type, udt_schema, udt_name, is_identity, is_generated
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name IN ('consumption_log', 'ai_predictions', 'feedback_log', 'keeper', 'device', 'customers', 'gadget', 'Meßwert')
ORDER BY table_name, ordinal_position

-- case: introspection: columns of every kind
SELECT column_name, ordinal_position, data_type, numeric_precision, numeric_scale, udt_name FROM information_schema.columns
WHERE table_name IN ('plant', 'solver', 'providers', 'swapped', 'chain') AND table_schema = 'public' ORDER BY table_name, ordinal_position

-- case: introspection: the star of columns
SELECT * FROM information_schema.columns WHERE table_name = 'customers' AND column_name = 'phone_number' AND table_catalog IS NULL

-- case: introspection: tables by their names
SELECT table_schema, table_name, table_type FROM information_schema.tables
WHERE table_schema = 'public' AND table_name IN ('customers', 'clientes', 'keeper', 'halter', 'device', 'feedback_log', 'solver', 'solver_runs', 'providers', 'konten')
ORDER BY table_name

-- case: introspection: qualified by the schema
SELECT information_schema.tables.table_name FROM information_schema.tables WHERE information_schema.tables.table_name = 'customers'

-- case: introspection: keys by their names
SELECT c.constraint_name, c.table_name, c.constraint_type, k.column_name, k.ordinal_position
FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k USING (constraint_name, table_name)
WHERE c.table_name IN ('keeper', 'device') ORDER BY 1, 5

-- case: introspection: what a key refers to
SELECT r.constraint_name, u.table_name, u.column_name FROM information_schema.referential_constraints r
JOIN information_schema.constraint_column_usage u ON u.constraint_name = r.unique_constraint_name WHERE r.constraint_name = 'device_keeper'

-- case: introspection: columns by oid
SELECT a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attidentity, a.attlen, a.attstorage
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname IN ('keeper', 'device') AND n.nspname = 'public' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum

-- case: introspection: computed columns by oid
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.atttypmod, a.attlen, a.attbyval, a.attalign, a.attstorage, a.attcollation, a.attndims
FROM pg_attribute a WHERE a.attrelid = 'public.plant'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname

-- case: introspection: what is not in the layout is not shown
SELECT attname FROM pg_attribute WHERE attrelid IN ('feedback_log'::regclass, 'consumption_log'::regclass, 'solver'::regclass, 'swapped'::regclass, 'chain'::regclass) AND attnum > 0 ORDER BY 1

-- case: introspection: without any alias
SELECT relname, relkind FROM pg_class WHERE relname IN ('customers', 'clientes', 'device', 'halter', 'device_pkey') ORDER BY relname

-- case: introspection: qualified in full
SELECT pg_catalog.pg_class.relname, pg_catalog.pg_attribute.attname FROM pg_catalog.pg_class
LEFT OUTER JOIN pg_catalog.pg_attribute ON pg_catalog.pg_class.oid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attribute.attnum > 0
WHERE pg_catalog.pg_class.relname = 'device' ORDER BY pg_catalog.pg_attribute.attnum

-- case: introspection: by a parameter
-- $1 = text device
SELECT a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relname = $1 AND a.attnum > 0 ORDER BY a.attnum

-- case: introspection: definitions of constraints
SELECT conname, contype, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true), pg_catalog.pg_get_constraintdef(c.oid, false) AS def
FROM pg_constraint c WHERE conrelid IN ('device'::regclass, 'keeper'::regclass) ORDER BY conname

-- case: introspection: definitions of constraints from another search path
-- set: SET search_path = archive
SELECT pg_get_constraintdef(c.oid, true) FROM pg_catalog.pg_constraint c WHERE conrelid = 'public.device'::regclass ORDER BY 1

-- case: introspection: definitions by parameters
-- $1 = unknown true
-- $2 = unknown device
SELECT conname, pg_get_constraintdef(c.oid, $1) FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid WHERE relname = $2 ORDER BY 1

-- case: introspection: definitions of indexes
SELECT c.relname, pg_get_indexdef(i.indexrelid), pg_catalog.pg_get_indexdef(i.indexrelid, 0, true) AS pretty, pg_get_indexdef(i.indexrelid, 1, false) AS first
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid IN ('device'::regclass, 'keeper'::regclass) ORDER BY 1

-- case: introspection: a definition as a condition
SELECT count(*) FROM pg_constraint WHERE pg_get_constraintdef(oid) LIKE '%REFERENCES keeper(id)%'

-- case: introspection: a relation as text
SELECT c.conrelid::regclass::text, conrelid::pg_catalog.regclass::pg_catalog.text AS own, confrelid::regclass::varchar, 'pg_class'::regclass::text
FROM pg_constraint c WHERE conname = 'device_keeper' AND conrelid::regclass::text = 'device'

-- case: introspection: comments
SELECT c.relname, a.attname, d.description, col_description(c.oid, a.attnum) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0 WHERE c.relname = 'device' ORDER BY 2

-- case: introspection: defaults
SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid IN ('device'::regclass, 'keeper'::regclass) ORDER BY 1

-- case: introspection: lists of tables
SELECT t.tablename, i.indexname FROM pg_tables t JOIN pg_indexes i USING (schemaname, tablename)
WHERE t.schemaname = 'public' AND tablename IN ('device', 'keeper', 'halter') ORDER BY 1, 2

-- case: introspection: statistics
SELECT s.relname, p.attname FROM pg_stat_user_tables s JOIN pg_stats p ON p.tablename = s.relname AND p.schemaname = s.schemaname
WHERE s.relname IN ('device', 'keeper') ORDER BY 1, 2

-- case: introspection: a list of column aliases
SELECT x FROM pg_class AS c (o, x) WHERE x = 'boxes'

-- case: introspection: a row of a catalog
SELECT (c).relname FROM pg_class c WHERE c.relname = 'boxes'

-- case: introspection: what is no table
SELECT n.nspname, t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'reading' AND t.typrelid IN (SELECT oid FROM pg_class)

-- case: introspection: unmapped tables
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'archive' AND table_name = 'solver' ORDER BY ordinal_position

-- case: introspection: beside a mapped table
SELECT d.kind, a.attname FROM device d, pg_attribute a WHERE a.attrelid = 'device'::regclass AND a.attname = 'kind' ORDER BY d.serial_no

-- case: introspection: under a CTE of the name
WITH pg_class AS (SELECT 'halter' AS relname) SELECT relname FROM pg_class

-- case: introspection: strings that name tables
SELECT 'keeper'::regclass = to_regclass('public.keeper'), pg_table_size('device') > 0, pg_relation_size('public."device"'::regclass) > 0,
       has_table_privilege('device', 'SELECT'), has_column_privilege('device', 'kind', 'SELECT'), CAST('Keeper' AS regclass)::oid > 0, regclass 'keeper' IS NULL,
       to_regclass('nosuchtable') IS NULL

-- case: introspection: the sequence of a column
SELECT pg_get_serial_sequence('device', 'serial_no') IS NOT NULL, to_regclass('device') IS NOT NULL

-- case: introspection: strings that only look so
SELECT 'keeper'::text, 'device' AS regclass, 'keeper' = 'device', length('customers')

-- case: introspection: a string that names no mapped table
SELECT 'nobody'::regclass

-- case: introspection: a table that is a query
SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type, numeric_precision, numeric_scale, datetime_precision, udt_name, is_identity, is_generated, is_updatable
FROM information_schema.columns WHERE table_name = 'interaction' ORDER BY ordinal_position

-- case: introspection: a table that is a query by oid
SELECT a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attlen, a.attstorage, a.attisdropped, a.attislocal, a.attinhcount, a.attcollation,
       c.relkind, c.relnatts, c.relhasindex, c.relchecks, c.relispartition, c.relpersistence, c.relreplident, pg_table_is_visible(c.oid) AS visible
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'interaction' AND a.attnum > 0 ORDER BY a.attnum

-- case: introspection: a table that is a query by its name in a string
SELECT attname, 'interaction'::regclass::oid = attrelid AS own, attrelid::regclass::text FROM pg_attribute WHERE attrelid = 'public.interaction'::regclass AND attnum > 0 ORDER BY attnum

-- case: introspection: a table that is a query from another search path
-- set: SET search_path = archive
SELECT pg_table_is_visible(oid), oid::regclass::text AS printed FROM pg_class WHERE relname = 'interaction'

-- case: introspection: a table that is a query has no keys
SELECT (SELECT count(*) FROM pg_index WHERE indrelid = 'interaction'::regclass), (SELECT count(*) FROM pg_constraint WHERE conrelid = 'interaction'::regclass),
       (SELECT count(*) FROM information_schema.table_constraints WHERE table_name = 'interaction'), (SELECT count(*) FROM information_schema.key_column_usage WHERE table_name = 'interaction'),
       (SELECT count(*) FROM pg_indexes WHERE tablename = 'interaction')

-- case: introspection: a table that is a query by other names
SELECT (SELECT count(*) FROM pg_tables WHERE tablename = 'interaction'), (SELECT table_type FROM information_schema.tables WHERE table_name = 'interaction'),
       (SELECT count(*) FROM information_schema.table_privileges WHERE table_name = 'interaction' AND privilege_type = 'SELECT')

-- case: introspection: a table that is a query beside its rows
SELECT i.n, a.attname FROM interaction i, pg_attribute a WHERE a.attrelid = 'interaction'::regclass AND a.attname = 'level' ORDER BY i.point, i.at

-- case: introspection: several tables that are one
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, c.relkind FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relname IN ('note', 'remark', 'memo', 'texte') AND a.attnum > 0 ORDER BY c.relname, a.attnum

-- case: introspection: several tables that are one by name
SELECT table_name, column_name, ordinal_position, data_type, is_nullable, numeric_precision, numeric_scale, character_maximum_length FROM information_schema.columns
WHERE table_name IN ('note', 'remark', 'memo', 'texte') ORDER BY table_name, ordinal_position

-- case: introspection: several tables that are one by their names in strings
SELECT a.attname FROM pg_attribute a WHERE a.attrelid = '"remark"'::regclass AND a.attnum > 0 ORDER BY a.attnum

-- case: introspection: one of several tables as its rows have it
SELECT count(*) FROM remark WHERE tableoid = 'remark'::regclass

-- case: introspection: the rows of several tables that are one
SELECT n.body, r.said, r.weight, m.memo FROM note n JOIN remark r USING (id) LEFT JOIN memo m ON m.id = n.id ORDER BY n.id

-- case: introspection: that a table is there
SELECT to_regclass('remark') IS NOT NULL, to_regclass('note') IS NULL, 'memo'::regclass IS NOT NULL

-- case: introspection: the name of one of several tables in a call
-- same-or-refused
SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('remark') AND attnum > 0
-- case: introspection: names that are put together
SELECT c.table_name, c.column_name, col_description(CAST(CAST(format('%I.%I', CAST(c.table_schema AS text), CAST(c.table_name AS text)) AS regclass) AS oid), c.ordinal_position) AS comment
FROM information_schema.columns AS c WHERE c.table_name IN ('device', 'keeper', 'remark', 'interaction') ORDER BY 1, 2

-- case: introspection: names that are put together in calls
SELECT t.table_name, has_table_privilege(quote_ident(t.table_schema) || '.' || quote_ident(t.table_name), 'SELECT'), has_table_privilege(current_user, format('%I.%I', t.table_schema, t.table_name), 'INSERT') AS writes,
       obj_description((t.table_schema || '."' || t.table_name || '"')::regclass, 'pg_class'), pg_relation_size(quote_ident(t.table_name)) > 0 AS size
FROM information_schema.tables t WHERE t.table_name IN ('device', 'keeper', 'plant', 'Meßwert', 'orders') ORDER BY 1

-- case: introspection: names that are put together in comparisons
SELECT a.attname FROM pg_attribute a JOIN pg_tables t ON a.attrelid = (quote_ident(t.schemaname) || '.' || quote_ident(t.tablename))::regclass
WHERE t.tablename IN ('remark', 'device', 'interaction') AND a.attnum > 0 ORDER BY t.tablename, a.attnum

-- case: introspection: a name as a parameter
-- $1 = text public.device
-- $2 = text remark
SELECT attname FROM pg_attribute WHERE (attrelid = $1::regclass OR attrelid = CAST($2 AS regclass)) AND attnum > 0 ORDER BY attrelid = $2::text::regclass, attnum
