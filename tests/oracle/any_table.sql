-- Columns of any table: what `[columns]` of a mapping gives to tables with and without an entry.

-- case: any table: of a table without an entry
SELECT id, kwh_old, wh, kwh_neu FROM probe ORDER BY id

-- case: any table: in every clause
SELECT p.kwh_old AS old, count(*) FROM probe p WHERE p.wh > 2000 OR kwh_old IS NULL GROUP BY kwh_old, p.wh HAVING max(wh) > 0 ORDER BY p.kwh_old

-- case: any table: of a table with an entry
SELECT * FROM meter ORDER BY id

-- case: any table: joined
SELECT m.day, m.kwh_old, p.kwh_old, p.wh FROM meter m LEFT JOIN probe p ON p.kwh_old = m.kwh_old + 1 ORDER BY m.id

-- case: any table: a column that is really there
SELECT id, kwh_old, wh FROM beide ORDER BY kwh_old

-- case: any table: two tables that have it
SELECT wh FROM probe, meter

-- case: any table: one of two tables has it
SELECT wh FROM probe, rating ORDER BY wh

-- case: any table: by the schema
SELECT public.probe.wh FROM public.probe ORDER BY 1

-- case: any table: under a CTE of the same name
WITH probe AS (SELECT 1 AS wh) SELECT wh, (SELECT max(wh) FROM public.probe) FROM probe

-- case: any table: spelled with escapes
SELECT U&"w\0068", "WH" FROM (SELECT U&"w\0068", 1 AS "WH" FROM probe) x ORDER BY 1

-- case: any table: a temporary table of the name
-- rollback
CREATE TEMP TABLE probe (id int, wh text)
-- then
INSERT INTO probe VALUES (1, 'own')
-- then
SELECT wh FROM probe
-- then
SELECT id FROM public.probe WHERE wh > 2000

-- case: any table: writing
-- refused: 0A000
UPDATE probe SET wh = 1

-- case: any table: the star stays
-- straight: current
SELECT * FROM probe ORDER BY id

-- case: any table: current names stay
-- straight: current
SELECT kwh_neu, probe FROM probe ORDER BY id

-- case: any table: a field of a row
SELECT (p).wh, (p.*).kwh_old, (p).kwh_neu FROM probe p ORDER BY 1

-- case: any table: a column of a row by its name
SELECT wh(p), kwh_old(probe), upper(kwh_old(p)::text) AS u FROM probe p, probe WHERE p.id = probe.id AND wh(p) > 0 ORDER BY kwh_old(p)

-- case: any table: using
SELECT wh, p.id, v.n, p.wh, kwh_neu FROM probe p JOIN (VALUES (8000, 1), (2500, 2)) v(wh, n) USING (wh) ORDER BY 1

-- case: any table: full join using, both with the column
SELECT kwh_old, p.id, m.id FROM probe p FULL JOIN meter m USING (kwh_old, wh) ORDER BY 1, 2, 3

-- case: any table: the star of merged columns
SELECT j.* FROM probe p JOIN (VALUES (8000)) v(wh) USING (wh) AS j

-- case: any table: rows beside merged columns
SELECT p IS NULL, count(p), (p).kwh_old FROM probe p JOIN (VALUES (8000)) v(wh) USING (wh) GROUP BY 1, 3

-- case: any table: grouping sets with the column that it is computed from
SELECT wh, kwh_neu, (SELECT wh) FROM probe GROUP BY GROUPING SETS ((wh), (kwh_neu)) ORDER BY 1, 2, 3

-- case: any table: grouping sets with another name of the column that it is computed from
SELECT wh, kwh_old, (SELECT wh), (SELECT kwh_old) FROM probe GROUP BY CUBE (wh, kwh_old) ORDER BY 1, 2, 3

-- case: any table: a subquery reads what the query around it groups by
SELECT wh, (SELECT count(*) FROM orders o WHERE o.amount * 1000 < wh) FROM probe GROUP BY wh HAVING (SELECT wh) > 0 ORDER BY (SELECT wh)

-- case: any table: refused: an alias of a whole join with it
-- refused: 0A000
SELECT j.wh FROM (probe p JOIN (VALUES (8000)) v(wh) USING (wh)) AS j
