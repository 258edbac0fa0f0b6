-- Everything that may stand in FROM by name, with its columns in attribute order.
-- Chunks of hypertables are left out: there may be ten thousands, services do not name them, and a name that the catalog
-- does not know is never rewritten.
SELECT n.nspname::text,
       c.relname::text,
       c.relkind::text,
       CASE WHEN c.relkind IN ('v', 'm')
             AND n.nspname NOT IN ('pg_catalog', 'information_schema')
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            THEN pg_get_viewdef(c.oid) END,
       coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}'),
       coalesce(array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}'),
       coalesce(array_agg(a.attnotnull ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
  AND NOT (n.nspname = '_timescaledb_internal' AND c.relname ~ '^_?(compress)?_?hyper_[0-9]+_[0-9]+_chunk$')
GROUP BY n.nspname, c.relname, c.relkind, c.oid
ORDER BY n.nspname IN ('pg_catalog', 'information_schema'), n.nspname, c.relname
