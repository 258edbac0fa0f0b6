-- Functions whose result FROM expands to columns, and every function that a user wrote (its body may name legacy columns).
-- `%SQLBODY%` is pg_get_function_sqlbody(s.oid) where the server has it (14 and later), NULL before.
-- The overload unnest(tsvector) is left out: it would make each unnest(array) look like three columns.
WITH candidate AS (
    SELECT p.oid,
           p.pronamespace,
           p.proname,
           p.prokind,
           p.prolang,
           p.prosrc,
           n.nspname,
           n.nspname IN ('pg_catalog', 'information_schema')
               OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') AS shipped,
           base.typtype,
           base.typrelid,
           p.prorettype = 'record'::regtype AS record,
           -- json_populate_record(base anyelement, …) and its like yield whatever row type they are given.
           p.prorettype IN ('anyelement'::regtype, 'anynonarray'::regtype)
               AND p.proargtypes::oid[] && ARRAY['anyelement'::regtype, 'anynonarray'::regtype]::oid[] AS polymorphic,
           ARRAY(SELECT coalesce(nullif(o.name, ''), 'column' || o.place)
                 FROM (SELECT m.mode, p.proargnames[m.i] AS name, row_number() OVER (ORDER BY m.i) AS place
                       FROM unnest(p.proargmodes) WITH ORDINALITY AS m(mode, i) WHERE m.mode IN ('o', 'b', 't')) o
                 ORDER BY o.place) AS outs,
           EXISTS (SELECT FROM unnest(p.proargmodes) WITH ORDINALITY AS m(mode, i)
                   WHERE m.mode IN ('o', 'b', 't') AND coalesce(p.proargnames[m.i], '') <> '') AS named
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_type t ON t.oid = p.prorettype
    JOIN pg_type base ON base.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
    WHERE p.prokind IN ('f', 'p')
      AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
      AND NOT (n.nspname = 'pg_catalog' AND p.proname = 'unnest')
), shaped AS (
    SELECT r.*,
           CASE WHEN r.prokind = 'p' THEN NULL
                WHEN cardinality(r.outs) >= 2 THEN r.outs
                -- A domain over a row type; one over another domain is not followed and counts as unknown.
                WHEN r.typtype = 'c' THEN ARRAY(SELECT a.attname::text FROM pg_attribute a
                                                WHERE a.attrelid = r.typrelid AND a.attnum > 0 AND NOT a.attisdropped
                                                ORDER BY a.attnum)
                WHEN r.record OR r.polymorphic OR r.typtype = 'd' THEN '{}'
                -- A single OUT parameter names the column, whatever the alias says.
                WHEN cardinality(r.outs) = 1 AND r.named THEN r.outs
           END AS columns
    FROM candidate r
)
SELECT s.nspname::text,
       s.proname::text,
       s.columns,
       CASE WHEN NOT s.shipped AND l.lanname NOT IN ('internal', 'c') THEN coalesce(%SQLBODY%, s.prosrc) END
FROM shaped s
JOIN pg_language l ON l.oid = s.prolang
WHERE NOT s.shipped
   OR s.columns IS NOT NULL
   -- A name with both kinds of overloads: the reader has to know that it cannot tell which.
   OR EXISTS (SELECT FROM shaped o WHERE o.pronamespace = s.pronamespace AND o.proname = s.proname AND o.columns IS NOT NULL)
ORDER BY s.nspname IN ('pg_catalog', 'information_schema'), s.nspname, s.proname, s.oid
