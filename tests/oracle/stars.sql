-- Trap 12: a star is the legacy list, in the legacy order, under the legacy names.

-- case: stars: a renamed table
-- traps: 12
SELECT * FROM solver ORDER BY id

-- case: stars: a renamed table under an alias
-- traps: 12
SELECT s.* FROM solver s ORDER BY s.id

-- case: stars: by the table's own name
-- traps: 12
SELECT solver.* FROM solver ORDER BY solver.id

-- case: stars: by schema and table
-- traps: 12
SELECT public.solver.* FROM public.solver ORDER BY id

-- case: stars: beside other columns
-- traps: 12
SELECT 1 AS first, s.*, rating AS again, s.* FROM solver s ORDER BY id

-- case: stars: of a join, all
-- traps: 12
SELECT * FROM solver s JOIN cons c ON c.run_id = s.id ORDER BY s.id, c.id

-- case: stars: of a join, one after the other
-- traps: 12
SELECT c.*, s.* FROM solver s JOIN cons c ON c.run_id = s.id ORDER BY s.id, c.id

-- case: stars: of a join of unmapped tables
-- traps: 12
SELECT * FROM cons c JOIN rating r ON r.id = c.id ORDER BY c.id

-- case: stars: of a left join
-- traps: 12
SELECT * FROM cons c LEFT JOIN solver s ON s.id = c.run_id AND s.id > 3 ORDER BY c.id

-- case: stars: of a self join
-- traps: 12
SELECT * FROM solver a, solver b WHERE a.id = 1 AND b.id = 2

-- case: stars: with using over an unmapped column
-- traps: 12
SELECT * FROM solver JOIN rating USING (id) ORDER BY id

-- case: stars: with using, mapped second
-- traps: 12
SELECT * FROM rating LEFT JOIN solver USING (id) ORDER BY id

-- case: stars: with using in a full join
-- traps: 12
SELECT * FROM solver FULL JOIN cons USING (id) ORDER BY id

-- case: stars: with using, one side's star
-- traps: 12
SELECT s.*, r.* FROM solver s JOIN rating r USING (id) ORDER BY s.id

-- case: stars: with using, one side's star, and a name that is in both
-- traps: 12
SELECT s.*, r.* FROM solver s JOIN rating r USING (id) ORDER BY id

-- case: stars: with using over user_id
-- traps: 12
SELECT * FROM feedback_log JOIN ai_predictions USING (user_id) WHERE prediction_id < 'p-0040' ORDER BY prediction_id, feedback_id

-- case: stars: in a derived table
-- traps: 12
SELECT q.rating, q.record_date FROM (SELECT * FROM solver) q WHERE q.rating = 4 ORDER BY q.record_date, q.id

-- case: stars: of a derived table of a star
-- traps: 12
SELECT * FROM (SELECT * FROM solver) q ORDER BY id

-- case: stars: of a derived table with a column list
-- traps: 12
SELECT * FROM (SELECT * FROM solver) AS q(c1, c2, c3) ORDER BY c1

-- case: stars: of a CTE of a star
-- traps: 12
WITH w AS (SELECT * FROM solver) SELECT w.*, w.rating FROM w ORDER BY id

-- case: stars: of a CTE of the table's name
-- traps: 12
WITH solver AS (SELECT * FROM solver WHERE rating = 4) SELECT * FROM solver ORDER BY id

-- case: stars: in both branches of a union
-- traps: 12
SELECT * FROM solver WHERE id < 3 UNION ALL SELECT * FROM solver WHERE id > 8 ORDER BY id

-- case: stars: union with another list
-- traps: 12
SELECT * FROM swapped UNION SELECT id, version, rating, note FROM solver ORDER BY id, a, b, c

-- case: stars: count of a star
-- traps: 12
SELECT count(*), count(*) FILTER (WHERE rating = 4) FROM solver

-- case: stars: under exists
-- traps: 12
SELECT c.id FROM cons c WHERE EXISTS (SELECT * FROM solver WHERE id = c.run_id AND rating = 4) ORDER BY c.id

-- case: stars: under in
-- traps: 12
SELECT id FROM cons WHERE run_id IN (SELECT id FROM (SELECT * FROM solver) x WHERE x.rating = 2) ORDER BY id

-- case: stars: lateral
-- traps: 12
SELECT c.id, x.* FROM cons c LEFT JOIN LATERAL (SELECT * FROM solver WHERE id = c.run_id) x ON true ORDER BY c.id

-- case: stars: of a swapped pair
-- traps: 12
SELECT * FROM swapped ORDER BY id

-- case: stars: of a swapped pair, in the order of a label
-- traps: 12
SELECT * FROM swapped ORDER BY a, b, id

-- case: stars: of a chain
-- traps: 12
SELECT * FROM chain ORDER BY a, b, c, id

-- case: stars: of a table whose order changed
-- traps: 12
SELECT * FROM customers ORDER BY id

-- case: stars: of names that need quotes
-- traps: 12
SELECT * FROM "Meßwert" ORDER BY id

-- case: stars: of plain names that need quotes now
-- traps: 12
SELECT * FROM gadget ORDER BY id

-- case: stars: of a two-part name that needs quotes
-- traps: 12
SELECT g.*, "Meßwert".* FROM gadget g JOIN "Meßwert" ON "Meßwert".id = g.id ORDER BY g.id

-- case: stars: distinct
-- traps: 12
SELECT DISTINCT * FROM swapped ORDER BY a, b, c, id

-- case: stars: distinct on
-- traps: 12
SELECT DISTINCT ON (rating) * FROM solver ORDER BY rating, id

-- case: stars: grouped by the key
-- traps: 12, 45
SELECT s.*, count(*) FROM solver s GROUP BY s.id ORDER BY s.id

-- case: stars: for update
-- traps: 12
SELECT * FROM solver WHERE id = 1 FOR UPDATE

-- case: stars: with an order by position and a limit
-- traps: 12
SELECT * FROM solver ORDER BY 4, 1 LIMIT 3

-- case: stars: into json
-- traps: 12
SELECT json_agg(q ORDER BY q.id) FROM (SELECT * FROM solver) q

-- case: stars: of a table in another schema
-- traps: 12
SELECT * FROM archive.solver ORDER BY id

-- case: stars: of an unmapped table called like a column
-- traps: 12
SELECT * FROM rating ORDER BY id

-- case: stars: of a composite
-- traps: 12
SELECT (comp).* FROM boxes ORDER BY id

-- case: stars: of a function
-- traps: 12
SELECT * FROM ratings(2) ORDER BY rating

-- case: stars: of nothing
SELECT *

-- case: stars: of an alias that is not there
SELECT x.* FROM solver s

-- case: stars: the table command
-- traps: 12
TABLE swapped

-- case: stars: with comments and spaces
-- traps: 12
SELECT /* all */ s . /* of it */ * /* end */ FROM solver s ORDER BY id

-- case: stars: glued
-- traps: 12
SELECT*FROM solver ORDER BY id
