-- Sample data of smarthydro: what was measured, in the words of neither schema.
-- It fills temporary tables; each schema has its own INSERT … SELECT from them, in the same session
-- (sample_current.sql beside this file, and the legacy schema's in tests/systems/smarthydro/legacy.sql).
--
-- All is a function of a seed and the row's number, so the data is the same on every server.

CREATE FUNCTION pg_temp.pick(what text, n bigint, below bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT ('x' || substr(md5('smarthydro/2025/' || what || '/' || n), 1, 8))::bit(32)::bigint % below
$$;

CREATE TEMP TABLE fact_project AS
SELECT n AS id, (ARRAY['Río Maipo', 'Andes', 'Costa', 'nobody''s'])[n] AS name FROM generate_series(1, 4) AS n;

-- The last project has no point, the last point no measurement, and one point no place.
CREATE TEMP TABLE fact_point AS
SELECT n AS id, 1 + pg_temp.pick('project', n, 3) AS project, 'pozo ' || lpad(n::text, 2, '0') AS title, n % 4 <> 0 AS active,
       CASE WHEN n <> 7 THEN (-33000000 - pg_temp.pick('lat', n, 900000)) / 1000000.0 END AS lat,
       CASE WHEN n <> 7 THEN (-70000000 - pg_temp.pick('lon', n, 900000)) / 1000000.0 END AS lon,
       (ARRAY['1', '5', '60', NULL])[1 + pg_temp.pick('every', n, 4)] AS every,
       timestamptz '2024-01-01 00:00:00+00' + pg_temp.pick('made', n, 300) * interval '1 day' AS made
FROM generate_series(1, 14) AS n;

CREATE TEMP TABLE fact_group AS
SELECT n AS id, (ARRAY['deep', 'shallow', 'timestamp', 'unused'])[n] AS name FROM generate_series(1, 4) AS n;
CREATE TEMP TABLE fact_member AS
SELECT row_number() OVER (ORDER BY p.id, g) AS id, p.id AS point, g AS grouped
FROM fact_point AS p CROSS JOIN generate_series(1, 3) AS g WHERE pg_temp.pick('member' || g, p.id, 2) = 0;

CREATE TEMP TABLE fact_variable AS
SELECT * FROM (VALUES
    (1, 'flow', 'Caudal', 'l/s'), (2, 'level', 'Nivel', 'm'), (3, 'volume', 'Volumen', 'm³'),
    (4, 'battery', 'Batería', 'V'), (5, 'state', 'Estado', NULL), (6, 'pump', 'Bomba', NULL)
) AS v (id, name, label, unit);

-- Wide readings: a point, a moment, up to three values, and the document that they came in. Some have no value at all.
CREATE TEMP TABLE fact_wide AS
SELECT n AS id, 1 + pg_temp.pick('point', n, 13) AS point,
       CASE WHEN n % 10 = 0 THEN timestamptz '2025-01-01 00:00:00+00' + (n % 7 - 3) * interval '1 microsecond'
            ELSE timestamptz '2024-12-20 00:00:00+00' + pg_temp.pick('at', n, 60 * 24 * 40) * interval '1 minute' END AS at,
       CASE WHEN n % 9 <> 0 THEN pg_temp.pick('flow', n, 80000) / 1000.0 END AS flow,
       CASE WHEN n % 6 <> 0 THEN pg_temp.pick('level', n, 30000) / 1000.0 END AS level,
       CASE WHEN n % 4 <> 0 AND n % 9 <> 0 THEN pg_temp.pick('volume', n, 90000000) / 1000.0 END AS volume,
       CASE n % 5 WHEN 0 THEN NULL
                  WHEN 1 THEN jsonb_build_object('flow', n % 13, 'date_time_medition', '2025-01-01')
                  WHEN 2 THEN '[]'
                  ELSE jsonb_build_object('provider', (ARRAY['twin', 'nettra', 'ñu'])[1 + n % 3], 'values', jsonb_build_array(n, NULL)) END
           AS document
FROM generate_series(1, 400) AS n;

-- Readings of one variable: a number, a text, a flag, or nothing.
CREATE TEMP TABLE fact_single AS
SELECT n AS id, 1 + pg_temp.pick('at point', n, 13) AS point, v.variable,
       timestamptz '2024-12-20 00:00:00+00' + pg_temp.pick('when', n, 60 * 24 * 40) * interval '1 minute' AS at,
       CASE WHEN v.variable < 5 AND n % 17 <> 0 THEN pg_temp.pick('number', n, 100000) / 100.0 END AS number,
       CASE WHEN v.variable = 5 THEN (ARRAY['ok', 'falla', 'null', ''])[1 + pg_temp.pick('word', n, 4)] END AS word,
       CASE WHEN v.variable = 6 THEN pg_temp.pick('flag', n, 2) = 1 END AS flag
FROM generate_series(1, 600) AS n
CROSS JOIN LATERAL (SELECT 1 + pg_temp.pick('variable', n, 6) AS variable) AS v;
