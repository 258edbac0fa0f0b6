-- Schemas that a login role may not use, which the server passes over in its search path. Asking costs a look at each pair:
-- where there are very many of them, nothing is known.
WITH closed AS (
    SELECT n.oid, n.nspname FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT has_schema_privilege('public', n.oid, 'USAGE')
), users AS (
    SELECT r.oid, r.rolname FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper
)
SELECT u.rolname::text, c.nspname::text
FROM closed c CROSS JOIN users u
WHERE (SELECT count(*) FROM closed) * (SELECT count(*) FROM users) <= 100000
  AND NOT has_schema_privilege(u.oid, c.oid, 'USAGE')
ORDER BY 1, 2
