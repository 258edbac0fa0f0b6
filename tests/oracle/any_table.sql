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
