-- Eight weeks, from three machines, every quarter of an hour.
CREATE TABLE sample AS
SELECT at, 'machine ' || machine AS equipment_id, round((40 + machine * 10 + 30 * sin(n / 15.0))::numeric, 2) AS kw,
       CASE WHEN n % 97 > 0 THEN round((10 + machine + 7 * sin(n / 15.0))::numeric, 2) END AS kwh
FROM generate_series(0, 8 * 7 * 96 - 1) AS n, generate_series(1, 3) AS machine,
     LATERAL (SELECT timestamptz '2025-01-06 00:00:00+00' + n * interval '15 minutes' AS at) AS t;
