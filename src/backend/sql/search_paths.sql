-- Search paths and roles that ALTER ROLE … SET and ALTER DATABASE … SET give. The weightiest comes first:
-- role in this database, role, this database, everyone. An empty role name means all roles.
SELECT coalesce(r.rolname::text, ''), split_part(item, '=', 1), substr(item, strpos(item, '=') + 1)
FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole
CROSS JOIN LATERAL unnest(s.setconfig) AS item
WHERE split_part(item, '=', 1) IN ('search_path', 'role', 'session_authorization')
  AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
  AND (s.setrole = 0 OR r.oid IS NOT NULL)
ORDER BY s.setrole = 0, s.setdatabase = 0, r.rolname
