-- Traps 15, 16, 33, 34 and 37: which table a name belongs to.

-- case: scopes: a name in a subquery that the inner table has under its current name
-- traps: 15
SELECT id FROM solver WHERE EXISTS (SELECT 1 FROM cons WHERE run_id = solver.id AND rating = 4) ORDER BY id

-- case: scopes: the outer name unqualified on both sides
-- traps: 15
SELECT note FROM solver WHERE EXISTS (SELECT 1 FROM cons WHERE run_id = rating) ORDER BY note

-- case: scopes: the outer day in a subquery over a table with the current column
-- traps: 15
SELECT id FROM solver s WHERE (SELECT count(*) FROM cons WHERE timestamp_utc::date = record_date) > 0 ORDER BY id

-- case: scopes: the outer json value in a subquery over a table with such a document
-- traps: 15
SELECT id FROM solver WHERE id IN (SELECT run_id FROM cons WHERE predicted_consumption > 5) ORDER BY id

-- case: scopes: the inner table's own column of the current name
-- traps: 15
SELECT id FROM solver WHERE EXISTS (SELECT 1 FROM cons WHERE cons.run_id = solver.id AND cons.feedback_useful) ORDER BY id

-- case: scopes: the inner table's own column of the current name, unqualified
-- traps: 15
SELECT id FROM solver WHERE EXISTS (SELECT 1 FROM cons WHERE cons.run_id = solver.id AND feedback_useful) ORDER BY id

-- case: scopes: a joined table's column called like a current one
-- traps: 15
SELECT solver.id, feedback_useful FROM solver JOIN cons ON cons.run_id = solver.id ORDER BY solver.id, cons.id

-- case: scopes: a joined table's column called like a current one, qualified
-- traps: 15
SELECT s.id, s.rating, c.feedback_useful, c.payload->'rating', c.timestamp_utc, s.timestamp FROM solver s JOIN cons c ON c.run_id = s.id ORDER BY s.id, c.id

-- case: scopes: a legacy name unqualified in a join with that table
-- traps: 15
SELECT solver.id, rating, record_date, predicted_consumption FROM solver JOIN cons ON cons.run_id = solver.id ORDER BY solver.id, cons.id

-- case: scopes: the outer phone in a subquery over orders
-- traps: 15
SELECT full_name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id AND telefono = phone_number) ORDER BY full_name

-- case: scopes: the outer status in a subquery over orders
-- traps: 15
SELECT full_name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE estado = status) ORDER BY full_name

-- case: scopes: a lateral name that the inner table has under its current name
-- traps: 15
SELECT s.id, x.n FROM solver s, LATERAL (SELECT count(*) AS n FROM cons WHERE rating = 4 AND run_id <= s.id) x ORDER BY s.id

-- case: scopes: three levels of correlation
-- traps: 15
SELECT id FROM solver s WHERE EXISTS (SELECT 1 FROM cons c WHERE c.run_id = s.id AND EXISTS (SELECT 1 FROM orders o WHERE o.id = c.id AND rating > 0 AND version = 1)) ORDER BY id

-- case: scopes: the outer alias is hidden inside
-- traps: 15
SELECT s.id FROM solver s WHERE EXISTS (SELECT 1 FROM cons s WHERE s.run_id = 1 AND rating = 4) ORDER BY s.id

-- case: scopes: the outer table's name is the alias of an inner one
-- traps: 15
SELECT id FROM solver WHERE EXISTS (SELECT 1 FROM cons solver WHERE solver.run_id IS NOT NULL AND rating = 4) ORDER BY id

-- case: scopes: the same table inside and outside
-- traps: 15
SELECT id, rating FROM solver WHERE rating > (SELECT min(rating) FROM solver) ORDER BY id

-- case: scopes: the same table inside under an alias
-- traps: 15
SELECT o.id FROM solver o WHERE NOT EXISTS (SELECT 1 FROM solver i WHERE i.predicted_consumption > o.predicted_consumption) ORDER BY o.id

-- case: scopes: unqualified inside means the inner
-- traps: 15
SELECT o.id, (SELECT max(predicted_consumption) FROM solver WHERE rating = o.rating) FROM solver o ORDER BY o.id

-- case: scopes: a subquery in the on condition
-- traps: 15
SELECT s.id, c.id FROM solver s JOIN cons c ON c.run_id = s.id AND s.rating = (SELECT max(rating) FROM solver WHERE id = c.run_id) ORDER BY s.id, c.id

-- case: scopes: a subquery in group by's list
-- traps: 15
SELECT rating, (SELECT count(*) FROM cons WHERE run_id = rating) FROM solver GROUP BY rating ORDER BY rating

-- case: scopes: the table named with its schema
-- traps: 16
SELECT solver.id, public.solver.rating FROM public.solver ORDER BY public.solver.record_date NULLS FIRST, id

-- case: scopes: three parts everywhere
-- traps: 16
SELECT public.customers.full_name, public.customers.status FROM public.customers WHERE public.customers.city = 'Quito' ORDER BY public.customers.full_name

-- case: scopes: four parts
-- traps: 16
-- same-or-refused
SELECT legacy.public.solver.rating FROM legacy.public.solver ORDER BY 1

-- case: scopes: table and column quoted, schema quoted
-- traps: 16
SELECT "public"."solver"."rating", "solver"."note" FROM "public"."solver" ORDER BY "id"

-- case: scopes: a mapped table of the same name with its schema
-- traps: 16
SELECT public.feedback_log.rating, feedback_log.created_at FROM public.feedback_log ORDER BY public.feedback_log.feedback_id LIMIT 10

-- case: scopes: the table's name hidden by its alias
-- traps: 16
SELECT solver.rating FROM solver s

-- case: scopes: a renamed table under an alias
-- traps: 16
SELECT c.full_name, c.phone_number FROM customers AS c WHERE c.status = 'active' ORDER BY c.full_name

-- case: scopes: a renamed table under its current name as alias
-- traps: 16
SELECT clientes.full_name, clientes.phone_number FROM customers clientes WHERE clientes.status = 'inactive' ORDER BY clientes.id

-- case: scopes: a renamed table under the other mapped table's name
-- traps: 16
SELECT solver.full_name, solver.city FROM customers AS solver ORDER BY solver.id

-- case: scopes: two mapped tables under each other's names
-- traps: 16
SELECT solver.full_name, customers.rating FROM customers AS solver JOIN solver AS customers ON customers.id = solver.id ORDER BY solver.id

-- case: scopes: a self join of a renamed table
-- traps: 16
SELECT customers.full_name, other.full_name, other.phone_number FROM customers JOIN customers other USING (phone_number) WHERE customers.id < other.id ORDER BY 1

-- case: scopes: for update of the legacy name
-- traps: 16
SELECT id, rating FROM solver WHERE id < 4 ORDER BY id FOR UPDATE OF solver

-- case: scopes: for share of an alias in a join
-- traps: 16
SELECT s.id, c.id FROM solver s JOIN cons c ON c.run_id = s.id ORDER BY s.id, c.id FOR SHARE OF s SKIP LOCKED

-- case: scopes: for update of a name that the alias hid
-- traps: 16
SELECT id FROM solver s FOR UPDATE OF solver

-- case: scopes: the table of that name in another schema
-- traps: 16
SELECT id, rating, record_date, timestamp_utc FROM archive.solver ORDER BY id

-- case: scopes: the tables of both schemas
-- traps: 16
SELECT a.rating, s.rating, a.record_date, s.record_date FROM archive.solver a JOIN public.solver s USING (id) ORDER BY s.id

-- case: scopes: only
-- traps: 16
SELECT rating FROM ONLY solver ORDER BY id

-- case: scopes: a star after the table
-- traps: 16
SELECT rating FROM solver * ORDER BY id

-- case: scopes: tablesample
-- traps: 46
SELECT count(rating) FROM solver TABLESAMPLE BERNOULLI (100) REPEATABLE (1) WHERE rating = 4

-- case: scopes: system columns
-- traps: 46
SELECT ctid IS NOT NULL, solver.xmin IS NOT NULL, rating FROM solver ORDER BY id

-- case: scopes: a CTE of the table's name over the table
-- traps: 33
WITH solver AS (SELECT id, rating FROM solver WHERE id < 5) SELECT id, rating FROM solver ORDER BY id

-- case: scopes: a CTE of the table's name that is not the table
-- traps: 33
WITH solver AS (SELECT 1 AS id, 99 AS rating, 'x' AS record_date) SELECT rating, record_date FROM solver

-- case: scopes: a recursive CTE of the table's name
-- traps: 33
WITH RECURSIVE solver(id, rating) AS (SELECT 1, 10 UNION ALL SELECT id + 1, rating + 1 FROM solver WHERE id < 4) SELECT rating FROM solver ORDER BY rating

-- case: scopes: with recursive makes also the first CTE see itself
-- traps: 33
WITH RECURSIVE a AS (SELECT rating FROM solver), solver AS (SELECT 1 AS rating) SELECT count(*), max(rating) FROM a

-- case: scopes: without recursive the later CTE is not seen
-- traps: 33
WITH a AS (SELECT rating FROM solver), solver AS (SELECT 1 AS rating) SELECT count(*), max(rating) FROM a

-- case: scopes: a CTE is seen in subqueries below
-- traps: 33
WITH solver AS (SELECT 7 AS rating) SELECT (SELECT rating FROM solver), EXISTS (SELECT 1 FROM solver WHERE rating = 7)

-- case: scopes: a CTE of an inner query ends with it
-- traps: 33
SELECT (WITH solver AS (SELECT 7 AS rating) SELECT rating FROM solver) AS inner_one, (SELECT max(rating) FROM solver) AS outer_one

-- case: scopes: a CTE does not hide a name with schema
-- traps: 33
WITH solver AS (SELECT 7 AS rating) SELECT max(s.rating), count(*) FROM public.solver s

-- case: scopes: a CTE of a renamed table's current name
-- traps: 33
WITH solver_runs AS (SELECT 1 AS id, 5 AS feedback_useful) SELECT s.id, s.rating, r.feedback_useful FROM solver s JOIN solver_runs r ON r.id = s.id

-- case: scopes: a CTE of the current name over the legacy table
-- traps: 33
WITH clientes AS (SELECT id, full_name FROM customers) SELECT c.full_name, o.estado FROM clientes c JOIN orders o ON o.customer_id = c.id ORDER BY o.id

-- case: scopes: a CTE with a column list
-- traps: 34
WITH w(a, b) AS (SELECT rating, record_date FROM solver) SELECT a, count(b) FROM w GROUP BY a ORDER BY a

-- case: scopes: a CTE whose column list is legacy names
-- traps: 34
WITH w(rating, record_date) AS (SELECT id, kind FROM cons) SELECT rating, record_date FROM w ORDER BY rating

-- case: scopes: a CTE whose column list is shorter
-- traps: 34
WITH w(a) AS (SELECT rating, record_date, id FROM solver) SELECT a, record_date, id FROM w ORDER BY id

-- case: scopes: a CTE used twice with different aliases
-- traps: 34
WITH w AS (SELECT id, rating FROM solver) SELECT x.rating, y.rating FROM w x JOIN w y ON y.id = x.id + 1 ORDER BY x.id

-- case: scopes: a recursive CTE over the table
-- traps: 34
WITH RECURSIVE w(id, rating, steps) AS (
    SELECT id, rating, 0 FROM solver WHERE id = 1
    UNION ALL
    SELECT s.id, s.rating, w.steps + 1 FROM solver s JOIN w ON s.id = w.id + 1
)
SELECT id, rating, steps FROM w ORDER BY id

-- case: scopes: a recursive CTE with search and cycle
-- traps: 34
WITH RECURSIVE w(id, rating) AS (
    SELECT id, rating FROM solver WHERE id = 1
    UNION ALL
    SELECT s.id, s.rating FROM solver s JOIN w ON s.id = w.id % 3 + 1
) SEARCH DEPTH FIRST BY id SET path CYCLE id SET looped USING trail
SELECT id, rating, looped FROM w ORDER BY path

-- case: scopes: materialized and not
-- traps: 34
WITH a AS MATERIALIZED (SELECT rating FROM solver), b AS NOT MATERIALIZED (SELECT record_date FROM solver) SELECT (SELECT count(rating) FROM a), (SELECT count(record_date) FROM b)

-- case: scopes: an alias called like a legacy column
-- traps: 37
SELECT rating.rating FROM solver rating WHERE rating.rating = 4 ORDER BY rating.id

-- case: scopes: an unmapped table called like a legacy column
-- traps: 37
SELECT rating.rating, rating.timestamp FROM rating ORDER BY rating.id

-- case: scopes: the unmapped table and the mapped one
-- traps: 37
SELECT s.rating, rating.rating, rating."timestamp" FROM solver s JOIN rating ON rating.id = s.id ORDER BY s.id

-- case: scopes: the same column name in both, unqualified
-- traps: 37
SELECT rating FROM solver JOIN rating ON rating.id = solver.id

-- case: scopes: the same column name in both, in order by
-- traps: 37
SELECT s.id FROM solver s JOIN rating r ON r.id = s.id ORDER BY rating

-- case: scopes: the same column name in both, as label
-- traps: 37
SELECT s.rating FROM solver s JOIN rating r ON r.id = s.id ORDER BY rating, s.id

-- case: scopes: an alias called like the column it holds
-- traps: 37
SELECT "timestamp"."timestamp", "timestamp".record_date FROM solver "timestamp" ORDER BY "timestamp".id

-- case: scopes: a derived table called like a legacy column
-- traps: 37
SELECT rating.x, rating.rating FROM (SELECT rating AS x, id AS rating FROM solver) rating ORDER BY 2

-- case: scopes: a derived table hides what it does not hand on
-- traps: 37
SELECT rating FROM (SELECT id FROM solver) q

-- case: scopes: a derived table that hands on a current name as its own
-- traps: 37
SELECT q.feedback_useful, q.kind FROM (SELECT feedback_useful, kind FROM cons) q ORDER BY kind, feedback_useful

-- case: scopes: a column alias list on a derived table
-- traps: 37
SELECT x.a, x.note FROM (SELECT rating, note FROM solver) AS x(a) ORDER BY a, note

-- case: scopes: a column alias list of legacy names on values
-- traps: 37
SELECT v.rating, v.record_date FROM (VALUES (1, 'a'), (2, 'b')) AS v(rating, record_date) ORDER BY v.rating

-- case: scopes: values joined with the table
-- traps: 37
SELECT v.rating, s.rating, s.note FROM (VALUES (1, 4), (2, 2)) v(id, rating) JOIN solver s ON s.id = v.id AND s.rating = v.rating ORDER BY v.id

-- case: scopes: a comma join
SELECT s.id, c.id, rating FROM solver s, cons c WHERE c.run_id = s.id AND record_date IS NOT NULL ORDER BY s.id, c.id

-- case: scopes: a cross join of three
SELECT count(*), sum(s.rating * g.size) FROM solver s CROSS JOIN gadget g CROSS JOIN (SELECT 1) one

-- case: scopes: joins in parentheses
SELECT s.rating, c.full_name, o.amount FROM solver s LEFT JOIN (customers c JOIN orders o ON o.customer_id = c.id AND c.status = 'active') ON c.id = s.id ORDER BY s.id, o.id

-- case: scopes: using over columns that are not mapped
SELECT id, s.rating, r.rating FROM solver s JOIN rating r USING (id) WHERE id > 0 ORDER BY id

-- case: scopes: using over user_id in smartwatt
SELECT user_id, feedback_log.created_at, ai_predictions.created_at FROM feedback_log JOIN ai_predictions USING (user_id) WHERE rating = 2 ORDER BY feedback_id, prediction_id LIMIT 30

-- case: scopes: lateral over a function of a legacy column
SELECT s.id, g FROM solver s, generate_series(s.rating, s.rating + 1) g WHERE s.id < 3 ORDER BY s.id, g

-- case: scopes: a function in from called like a column
SELECT r.rating, r.record_date FROM ratings(3) r ORDER BY r.rating

-- case: scopes: a function in from without alias
SELECT ratings.rating, record_date FROM ratings(4) ORDER BY rating

-- case: scopes: a function in from with a legacy argument
SELECT s.id, r.rating, r.record_date FROM solver s CROSS JOIN LATERAL ratings(s.rating) r WHERE s.id IN (1, 2) ORDER BY s.id, r.rating

-- case: scopes: rows from, with ordinality
SELECT a, b, n FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['rating', 'timestamp'])) WITH ORDINALITY AS t(a, b, n) ORDER BY n

-- case: scopes: unnest of an aggregated legacy column
SELECT u FROM (SELECT array_agg(record_date ORDER BY id) AS days FROM solver) q, unnest(q.days) u ORDER BY u

-- case: scopes: not in and any over subqueries
SELECT id FROM cons WHERE run_id <> ALL (SELECT id FROM solver WHERE rating = 2) AND kind = ANY (SELECT kind FROM cons) ORDER BY id

-- case: scopes: a row comparison with a subquery
SELECT id FROM solver WHERE (rating, version) IN (SELECT 4, 1) ORDER BY id

-- case: scopes: a row comparison of renamed columns
SELECT id FROM swapped WHERE (a, b) > (10, 3) ORDER BY id

-- case: scopes: values that select from the table
VALUES ((SELECT max(rating) FROM solver), 'rating'), (1, (SELECT min(note) FROM solver WHERE rating = 2 AND note <> ''))

-- case: scopes: no from at all
SELECT 1 AS rating, 'rating', timestamp '2025-01-01' AS timestamp

-- case: scopes: a catalog of the server
SELECT tablename FROM pg_tables WHERE tablename = 'cons'

-- case: scopes: the missing side of nested joins
SELECT o.id, s.rating, s.version, c.id FROM orders o LEFT JOIN (solver s JOIN cons c ON c.run_id = s.id) ON s.id = o.id ORDER BY o.id, c.id

-- case: scopes: the missing side of a chain of left joins
SELECT o.id, s.rating, t.rating, t.version FROM orders o LEFT JOIN solver s ON s.id = o.id + 4 LEFT JOIN solver t ON t.id = s.id * 2 ORDER BY o.id

-- case: scopes: an inner join after a left join
SELECT c.id, s.rating, r.rating FROM cons c LEFT JOIN solver s ON s.id = c.run_id JOIN rating r ON r.id = c.id ORDER BY c.id

-- case: scopes: the missing side is a derived table
SELECT c.id, q.rating, q.version FROM cons c LEFT JOIN (SELECT id, rating, version FROM solver) q ON q.id = c.run_id ORDER BY c.id

-- case: scopes: the missing side is a CTE
WITH q AS (SELECT id, rating, channel FROM solver) SELECT c.id, q.rating, q.channel FROM cons c LEFT JOIN q ON q.id = c.run_id ORDER BY c.id

-- case: scopes: the missing side is lateral
SELECT c.id, q.version, q.rating FROM cons c LEFT JOIN LATERAL (SELECT version, rating FROM solver WHERE id = c.run_id) q ON true ORDER BY c.id

-- case: scopes: the missing side seen from a correlated subquery
SELECT c.id, (SELECT count(*) FROM rating WHERE rating.rating > s.rating) FROM cons c LEFT JOIN solver s ON s.id = c.run_id ORDER BY c.id

-- case: scopes: the missing side grouped and ordered
SELECT s.rating, s.channel, count(*) FROM cons c LEFT JOIN solver s ON s.id = c.run_id GROUP BY s.rating, s.channel ORDER BY s.rating NULLS FIRST, s.channel

-- case: scopes: the missing side in a condition of where
SELECT c.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id WHERE s.version = 1 ORDER BY c.id

-- case: scopes: the missing side in a later condition of on
SELECT c.id, t.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id LEFT JOIN rating t ON s.version = 1 AND t.id = c.id ORDER BY c.id, t.id

-- case: scopes: the missing side by using
SELECT id, s.rating, s.version FROM cons LEFT JOIN solver s USING (id) ORDER BY id

-- case: scopes: the missing side by using, all columns
SELECT * FROM cons LEFT JOIN solver s USING (id) ORDER BY id

-- case: scopes: the missing side coalesced
SELECT c.id, coalesce(s.rating, -1), coalesce(s.channel, 'none') FROM cons c LEFT JOIN solver s ON s.id = c.run_id ORDER BY c.id

-- case: scopes: a CTE of the current name in an outer query
WITH solver_runs AS (SELECT 1 AS id, true AS feedback_useful) SELECT (SELECT max(rating) FROM solver), (SELECT count(*) FROM solver_runs)

-- case: scopes: a CTE of the current name with the current columns
WITH clientes AS (SELECT 1 AS id, 'x' AS nombre_completo) SELECT full_name FROM customers WHERE id = 2

-- case: scopes: a CTE of a mapped table that kept its name
WITH feedback_log AS (SELECT 'f' AS feedback_id, 9 AS rating) SELECT rating, feedback_id FROM feedback_log

-- case: scopes: a CTE of the smartwatt table over itself
WITH feedback_log AS (SELECT feedback_id, rating FROM feedback_log WHERE rating = 4) SELECT count(*), max(rating) FROM feedback_log
