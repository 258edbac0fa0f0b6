-- A mapped table in its legacy shape: merged columns, lists of column aliases, whole rows and aliases of whole joins, where
-- the server's own rules have to see the legacy columns in their order.

-- case: shapes: left join using two renamed columns
-- traps: 35
SELECT x.id, y.id, a, b, x.c, y.c FROM swapped x LEFT JOIN chain y USING (a, b) ORDER BY x.id, y.id

-- case: shapes: using in a grouped query
-- traps: 35
SELECT a, count(*) FROM swapped x LEFT JOIN chain y USING (a) GROUP BY a ORDER BY a

-- case: shapes: left join using: the left value
-- traps: 35
SELECT a, x.a, y.a, x.id, y.id FROM swapped x LEFT JOIN (SELECT 30 AS a, 1 AS id) y USING (a) ORDER BY x.id

-- case: shapes: right join using: the right value
-- traps: 35
SELECT a, x.a, y.a, x.id, y.id FROM swapped x RIGHT JOIN (VALUES (30, 1), (99, 2)) y(a, id) USING (a) ORDER BY a

-- case: shapes: full join using: whichever is there
-- traps: 35
SELECT a, x.a, y.a FROM swapped x FULL JOIN (VALUES (30, 1), (99, 2), (NULL, 3)) y(a, id) USING (a) ORDER BY a, x.id, y.id

-- case: shapes: star of a right join using
-- traps: 35
SELECT * FROM swapped x RIGHT JOIN chain y USING (a) ORDER BY 1, 2, 3, 4, 5

-- case: shapes: star of a full join using
-- traps: 35
SELECT * FROM swapped x FULL JOIN solver s USING (id) ORDER BY id

-- case: shapes: using a computed column, mapped first
-- traps: 35
SELECT * FROM solver s LEFT JOIN rating USING (rating) ORDER BY s.id

-- case: shapes: using a computed column, mapped second
-- traps: 35
SELECT * FROM rating RIGHT JOIN solver s USING (rating) ORDER BY s.id

-- case: shapes: full join using a constant column
-- traps: 35
SELECT version, channel, s.id, r.id FROM solver s FULL JOIN (VALUES (1, 7), (2, 8)) r(version, id) USING (version) ORDER BY 1, 3

-- case: shapes: using between types
-- traps: 35
SELECT cost, s.id FROM solver s JOIN (VALUES (7), (0)) r(cost) USING (cost) ORDER BY 2

-- case: shapes: using between types, the other way round
-- traps: 35
SELECT cost, s.id FROM (VALUES (7), (0)) r(cost) LEFT JOIN solver s USING (cost) ORDER BY 2

-- case: shapes: a chain of using
-- traps: 35
SELECT * FROM swapped JOIN chain USING (a) JOIN swapped z USING (a) ORDER BY 1, 2, 5, 8

-- case: shapes: a chain of using with outer joins
-- traps: 35
SELECT a, swapped.b, chain.b, z.b FROM swapped JOIN chain USING (a) LEFT JOIN swapped z USING (a) ORDER BY 1, 2, 3, 4

-- case: shapes: joins of joins with using
-- traps: 35
SELECT * FROM (swapped JOIN chain USING (a)) JOIN (gadget JOIN orders USING (id)) ON gadget.size = swapped.b ORDER BY 1, 2, 5, 8

-- case: shapes: the alias of merged columns
-- traps: 35
SELECT rating, j.rating, (j).rating, to_jsonb(j), j FROM solver s JOIN rating r USING (rating) AS j

-- case: shapes: the star of the alias of merged columns
-- traps: 35
SELECT j.* FROM solver s JOIN solver z USING (id, record_date) AS j ORDER BY 1

-- case: shapes: merged columns beside the sides' own
-- traps: 35
SELECT j.id, j.note, s.rating, z.rating FROM solver s JOIN solver z USING (id, note) AS j ORDER BY 1

-- case: shapes: names that need quotes
-- traps: 35
SELECT * FROM "Meßwert" JOIN (SELECT 1.5::float8 AS "Größe", 'ana' AS "user") x USING ("Größe", "user")

-- case: shapes: upper case in using
-- traps: 35
SELECT RATING FROM solver s JOIN rating r USING (Rating) ORDER BY 1

-- case: shapes: using a renamed column of a renamed table
-- traps: 35
SELECT full_name, phone_number FROM customers JOIN (SELECT '+593 99 111' AS phone_number) p USING (phone_number) ORDER BY id

-- case: shapes: using in a correlated subquery
-- traps: 35
SELECT s.id FROM swapped s WHERE EXISTS (SELECT 1 FROM chain JOIN swapped z USING (a) WHERE chain.b = s.b AND z.id <> s.id) ORDER BY s.id

-- case: shapes: using over an outer value
-- traps: 35
SELECT s.id, (SELECT max(c) FROM chain JOIN (SELECT s.a AS a) q USING (a)) FROM swapped s ORDER BY s.id

-- case: shapes: using in a lateral subquery
-- traps: 35
SELECT s.id, q.* FROM swapped s, LATERAL (SELECT chain.b, a FROM chain JOIN (SELECT s.a) q USING (a)) q ORDER BY s.id, q.b

-- case: shapes: the table with its schema
-- traps: 35
SELECT public.swapped.b, a FROM public.swapped JOIN public.chain USING (a) ORDER BY 1, 2

-- case: shapes: with a sample
-- traps: 35
SELECT s.rating FROM solver s TABLESAMPLE bernoulli (100) REPEATABLE (3) JOIN rating r USING (id) ORDER BY 1

-- case: shapes: a computed column with a sample
-- traps: 35
SELECT rating FROM solver TABLESAMPLE system (100) JOIN (VALUES (4)) r(rating) USING (rating)

-- case: shapes: the merged column is not one of the sides'
-- traps: 35
SELECT id FROM swapped x JOIN chain y USING (a) ORDER BY 1

-- case: shapes: a column that one side does not have
-- traps: 35
SELECT 1 FROM swapped x JOIN rating y USING (a)

-- case: shapes: a column that the left side has twice
-- traps: 35
SELECT 1 FROM (swapped x JOIN chain y ON true) JOIN swapped z USING (a)

-- case: shapes: in a recursive query
-- traps: 35
WITH RECURSIVE r(a, n) AS (SELECT a, 1 FROM swapped WHERE id = 1 UNION SELECT a, n + 1 FROM r JOIN swapped USING (a) WHERE n < 3) SELECT * FROM r ORDER BY 2

-- case: shapes: a star beside a merged column of that name
-- traps: 35
SELECT * FROM (solver JOIN rating USING (id)) JOIN cons ON cons.run_id = solver.id ORDER BY cons.id

-- case: shapes: a star over merged columns with an alias, whose name is there again
-- traps: 35
SELECT * FROM (archive.solver x JOIN customers ON customers.id = x.id) JOIN (VALUES (5, 'a'), (1, NULL)) AS v(rating, note) USING (rating) AS j, rating ORDER BY 2, rating.id

-- case: shapes: a lock on the other table
-- traps: 35
SELECT rating FROM solver s JOIN rating r USING (rating) FOR UPDATE OF r

-- case: shapes: natural join of a renamed table
-- traps: 36
SELECT * FROM customers NATURAL JOIN orders ORDER BY id

-- case: shapes: natural left join
-- traps: 36
SELECT * FROM orders NATURAL LEFT JOIN customers ORDER BY id

-- case: shapes: natural full join
-- traps: 36
SELECT id, created_at, status, estado FROM customers NATURAL FULL JOIN orders ORDER BY id, created_at, status

-- case: shapes: natural joins in a chain
-- traps: 36
SELECT count(*) FROM swapped NATURAL JOIN chain NATURAL JOIN customers

-- case: shapes: natural join with values
-- traps: 36
SELECT value, label FROM gadget NATURAL JOIN (VALUES (30, 'one'), (20, 'zwei')) v(value, label) ORDER BY 1

-- case: shapes: natural join in parentheses
-- traps: 36
SELECT j.rating, r.rating FROM (solver NATURAL JOIN (SELECT 4 AS rating, 'w' AS w) k) AS j LEFT JOIN rating r ON r.rating = j.rating ORDER BY 1

-- case: shapes: natural join of a table with itself
-- traps: 36
SELECT x.id, count(*) OVER () FROM solver x NATURAL JOIN solver y ORDER BY 1

-- case: shapes: a list that takes names of later columns
-- traps: 13
SELECT id, x.c FROM swapped x(b, id, k) ORDER BY 1

-- case: shapes: a list with a name that stays
-- traps: 13
SELECT name, g.value, g.size FROM gadget g(id, value, l, size) ORDER BY id

-- case: shapes: a list with quoted names
-- traps: 13
SELECT g.* FROM gadget AS g("Id", "Size µ", lbl) ORDER BY 1

-- case: shapes: a list for a table with its schema
-- traps: 13
SELECT x.r, x."T" FROM public.solver x("I", "T", d, r) WHERE x.d IS NOT NULL ORDER BY x."T", x."I"

-- case: shapes: a field of the row under a list
-- traps: 13
SELECT (x).r, x.r, r(x), (x).* FROM solver x(i, t, d, r) ORDER BY i

-- case: shapes: values of the row under a list
-- traps: 13
SELECT x::text, x IS NULL, num_nulls(x) FROM solver x(i, t, d, r) ORDER BY i

-- case: shapes: merged columns under lists
-- traps: 13
SELECT x.k, y.m, id FROM swapped x(k, id) JOIN chain y(m, id) USING (id) ORDER BY 1, 2

-- case: shapes: a list that is too long
-- traps: 13
SELECT count(*) FROM swapped x(k, l, m, n, o)

-- case: shapes: lists inside and outside
-- traps: 13
SELECT l FROM swapped x(k, l), LATERAL (SELECT l + 1 AS q) z WHERE q > (SELECT min(l) FROM chain c(k, l)) ORDER BY k

-- case: shapes: a list behind only and a star
-- traps: 13
SELECT x.k, y.l FROM ONLY swapped x(k), chain * AS y(k, l) WHERE x.k = y.k ORDER BY 1

-- case: shapes: a list with a sample
-- traps: 13
SELECT k, l FROM customers AS t(k, l) TABLESAMPLE system (100) REPEATABLE (1) ORDER BY k

-- case: shapes: a list over an outer join
-- traps: 13
SELECT c.id, x.v, x.r FROM cons c LEFT JOIN solver x(i, t, d, r, p, q, v) ON x.i = c.run_id ORDER BY c.id

-- case: shapes: a list, and a filter on a computed column
-- traps: 13
SELECT x.i FROM solver x(i, t, d) WHERE x.d = '2025-01-01' AND rating = 4 ORDER BY 1

-- case: shapes: an alias of a join with a list
-- traps: 10
SELECT * FROM (swapped x CROSS JOIN (SELECT 1 AS one) y) AS j(k, l) ORDER BY k

-- case: shapes: the star of an alias of a join
-- traps: 10
SELECT j.* FROM (solver s LEFT JOIN cons c ON c.run_id = s.id) j ORDER BY j.note, j.kind

-- case: shapes: an alias of a join with using
-- traps: 10
SELECT j.a FROM (swapped JOIN chain USING (a)) AS j ORDER BY 1

-- case: shapes: a name that such a join has twice
-- traps: 10
SELECT j.b FROM (swapped JOIN chain USING (a)) AS j ORDER BY 1

-- case: shapes: the row of an alias of a join
-- traps: 10
SELECT to_jsonb(j), j::text FROM (swapped JOIN chain USING (a, id)) AS j ORDER BY j.id

-- case: shapes: aliases of joins in each other
-- traps: 10
SELECT j.rating FROM ((solver s JOIN cons c ON c.run_id = s.id) AS j JOIN rating r ON r.id = j.run_id) ORDER BY 1

-- case: shapes: a join in parentheses
-- traps: 10
SELECT s.* FROM (solver s JOIN cons c ON c.run_id = s.id) ORDER BY s.id, c.id

-- case: shapes: aggregates of rows
-- traps: 10
SELECT json_agg(t ORDER BY t.id) FILTER (WHERE t.a > 10), json_object_agg(t.id, t) FROM swapped t

-- case: shapes: rows as json in a group
-- traps: 10
SELECT c.city, jsonb_agg(c ORDER BY c.id) FROM customers c GROUP BY c.city ORDER BY 1

-- case: shapes: rows of both sides as json
-- traps: 10
SELECT json_build_object('c', c, 'o', o) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.id, o.id

-- case: shapes: rows of one side in a group by the other's key
-- traps: 10
SELECT c.id, c.full_name, json_agg(o ORDER BY o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY 1

-- case: shapes: an array of rows as json
-- traps: 10
SELECT array_to_json(array_agg(s ORDER BY s.id)) FROM customers s

-- case: shapes: rows as text of two tables
-- traps: 10
SELECT t.id, u.id FROM swapped t JOIN chain u ON t::text = u::text ORDER BY 1

-- case: shapes: rows of two tables compared
-- traps: 10
SELECT t.id, u.id FROM swapped t JOIN chain u ON t = u ORDER BY 1

-- case: shapes: rows compared as stars
-- traps: 10
SELECT t.id, u.id FROM swapped t JOIN chain u ON (t.*) = (u.*) ORDER BY 1

-- case: shapes: a row and values
-- traps: 10
SELECT id FROM swapped t WHERE t IS NOT DISTINCT FROM (1, 10, 3, 'x'::text) OR t IN (ROW(4, 10, 4, 'z'), ROW(7, 10, 3, 'y')) ORDER BY id

-- case: shapes: an order by rows
-- traps: 10
SELECT rank() OVER (ORDER BY t), row_number() OVER (PARTITION BY t.a ORDER BY t DESC), id FROM swapped t ORDER BY t DESC

-- case: shapes: distinct rows
-- traps: 10
SELECT DISTINCT ON (t) id FROM swapped t ORDER BY t

-- case: shapes: rows grouped
-- traps: 10
SELECT s::text, count(*) FROM swapped s GROUP BY s ORDER BY s

-- case: shapes: rows counted
-- traps: 10
SELECT count(DISTINCT s), count(s), count((s.*)) FROM cons c LEFT JOIN swapped s ON s.id = c.run_id

-- case: shapes: a missing row as json
-- traps: 10
SELECT c.id, row_to_json(s), coalesce(to_jsonb(s), '{}') FROM cons c LEFT JOIN solver s ON s.id = c.run_id ORDER BY c.id

-- case: shapes: a missing row is null
-- traps: 10
SELECT c.id, s.* FROM cons c LEFT JOIN solver s ON s.id = c.run_id WHERE s IS NULL ORDER BY c.id

-- case: shapes: a row whose columns are partly null
-- traps: 10
SELECT s.id, s IS NULL, s IS NOT NULL, NOT (s IS NULL) FROM solver s ORDER BY s.id

-- case: shapes: a row with a computed column is distinct from null
-- traps: 10
SELECT c.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id WHERE s IS DISTINCT FROM NULL ORDER BY c.id

-- case: shapes: a row in a subquery in the select list
-- traps: 10
SELECT o.id, (SELECT row_to_json(c) FROM customers c WHERE c.id = o.customer_id) FROM orders o ORDER BY o.id

-- case: shapes: an outer row in a subquery
-- traps: 10
SELECT (SELECT to_jsonb(s) FROM cons WHERE cons.id = s.id) FROM solver s ORDER BY s.id

-- case: shapes: a row in a lateral function
-- traps: 10
SELECT c.id, key, value FROM customers c, json_each_text(row_to_json(c)) ORDER BY c.id, key

-- case: shapes: all keys of a row
-- traps: 10
SELECT DISTINCT key FROM customers c CROSS JOIN LATERAL jsonb_object_keys(to_jsonb(c)) AS key ORDER BY 1

-- case: shapes: a row from lateral
-- traps: 10
SELECT o.id, c.* FROM orders o LEFT JOIN LATERAL (SELECT row_to_json(customers) AS j FROM customers WHERE customers.id = o.customer_id) c ON true ORDER BY o.id

-- case: shapes: a row with text around it
-- traps: 10
SELECT concat(t, '|', t.a), t || 'x', format('%s', t) FROM swapped t ORDER BY t.id

-- case: shapes: a row as an xml element
-- traps: 10
SELECT xmlforest(t AS r) FROM swapped t ORDER BY t.id

-- case: shapes: a star as a value
-- traps: 10
SELECT t.*::text, (t.*)::text, t.* IS NULL, to_json(t.*) FROM swapped t ORDER BY t.id

-- case: shapes: a star with its schema as a value
-- traps: 10
SELECT public.swapped.*::text, to_json(public.swapped.*) FROM public.swapped ORDER BY id

-- case: shapes: a row of columns
-- traps: 10
SELECT ROW(s.*), ROW(s.*, 1), ROW(s.id, s.a) FROM swapped s ORDER BY s.id

-- case: shapes: columns beside the row of their table
-- traps: 10
SELECT public.customers.full_name, row_to_json(customers) FROM public.customers ORDER BY 1

-- case: shapes: a row behind only and a sample
-- traps: 10
SELECT row_to_json(s) FROM ONLY solver s TABLESAMPLE system (100) ORDER BY s.id

-- case: shapes: a row behind a star and a schema
-- traps: 10
SELECT row_to_json(solver) FROM public.solver * ORDER BY solver.id

-- case: shapes: a row of a CTE
-- traps: 10
WITH solver AS (SELECT * FROM solver) SELECT to_jsonb(solver) FROM solver ORDER BY solver.id

-- case: shapes: an outer alias that an inner one hides
-- traps: 10
SELECT s.id FROM solver s WHERE EXISTS (SELECT 1 FROM cons s WHERE s.run_id = 1 AND rating = 4) ORDER BY s.id

-- case: shapes: a table beside one of its name in another schema
-- traps: 10
SELECT s.rating, archive.solver.rating FROM archive.solver, public.solver s ORDER BY 1, 2

-- case: shapes: fields of a row in a star
-- traps: 11
SELECT (s).* FROM solver s ORDER BY s.id

-- case: shapes: a star in parentheses
-- traps: 11
SELECT (s.*), (s.*).rating, ((s).rating) FROM solver s ORDER BY s.id

-- case: shapes: fields of a missing row
-- traps: 11
SELECT c.id, (s).rating, (s).version, version(s), s.channel FROM cons c LEFT JOIN solver s ON s.id = c.run_id ORDER BY c.id

-- case: shapes: a field in every clause
-- traps: 11
SELECT (t).a, count(*) FROM swapped t WHERE (t).b > 0 GROUP BY (t).a HAVING max((t).b) > 1 ORDER BY (t).a

-- case: shapes: an unmapped row grouped beside a mapped table
-- traps: 11
SELECT rating, b.id FROM boxes b JOIN solver USING (id) GROUP BY b.*, rating, b.id ORDER BY 2

-- case: shapes: an unmapped star as a value beside a mapped table
-- traps: 11
SELECT (b.*)::text, (b.*).id, (b.*) = (b.*), rating FROM boxes b JOIN solver USING (id) ORDER BY 2

-- case: shapes: a label behind a composite star
-- traps: 11
SELECT (ratings(1)).*, note AS feedback_useful, count(*) FROM solver GROUP BY feedback_useful ORDER BY 3, 1, 2

-- case: shapes: grouping sets with a computed column and its current one: subqueries
SELECT record_date, timestamp, (SELECT record_date), (SELECT count(*) FROM orders o WHERE o.created_at::date > record_date), ARRAY(SELECT record_date),
       EXISTS (SELECT 1 WHERE record_date = '2025-01-01'), (SELECT d FROM (SELECT record_date AS d) z), (SELECT (SELECT record_date)), (SELECT version)
FROM solver GROUP BY GROUPING SETS ((record_date), (timestamp), (version)) ORDER BY 1, 2, 3, 9

-- case: shapes: grouping sets with a computed column and its current one: having and order
SELECT record_date, timestamp FROM solver GROUP BY ROLLUP (timestamp, record_date) HAVING (SELECT record_date) IS NOT NULL ORDER BY (SELECT record_date), 2

-- case: shapes: grouping sets with a computed column and its current one: windows
SELECT record_date, timestamp, count(*) FILTER (WHERE record_date = '2025-01-01') OVER (), sum(count(*)) FILTER (WHERE record_date IS NULL) OVER (ORDER BY (SELECT record_date), timestamp)
FROM solver GROUP BY GROUPING SETS ((record_date), (timestamp)) ORDER BY 1, 2

-- case: shapes: refused: the row itself
-- refused: 0A000
SELECT t.id, t FROM swapped t

-- case: shapes: refused: the type of a row
-- refused: 0A000
SELECT pg_typeof(t) FROM swapped t

-- case: shapes: refused: a row handed to any function
-- refused: 0A000
SELECT quote_nullable(t), first_value(t) OVER () FROM swapped t

-- case: shapes: a row by its names under a list
SELECT to_jsonb(x), x.t FROM solver x(i, t, d, r) ORDER BY x.i

-- case: shapes: a lock on a row
SELECT row_to_json(customers) FROM customers ORDER BY id FOR UPDATE

-- case: shapes: refused: a lock around a merged column
-- refused: 0A000
SELECT q.rating FROM (SELECT rating FROM solver s JOIN rating r USING (rating)) q FOR SHARE

-- case: shapes: refused: a system column beside a merged one
-- refused: 0A000
SELECT c.ctid FROM customers c JOIN customers b USING (phone_number)

-- case: shapes: refused: a current column beside a merged one
-- refused: 0A000
SELECT c.telefono FROM customers c JOIN customers b USING (phone_number)

-- case: shapes: refused: a row compared with a string
-- refused: 0A000
SELECT id FROM swapped t WHERE t = '(1,10,3,x)'

-- case: shapes: refused: two tables of one name, one of them renamed
-- refused: 0A000
SELECT public.solver.rating, archive.solver.rating FROM archive.solver, public.solver

-- case: shapes: a row with its key
SELECT id, row_to_json(s) FROM solver s GROUP BY id ORDER BY id

-- case: shapes: a row where its key groups
SELECT s.id, s = s, s::text, (s).rating, to_jsonb(s)->>'rating', count(*) FROM solver s GROUP BY s.id ORDER BY s.id

-- case: shapes: a row beside a system column
SELECT c.id, row_to_json(c), c.ctid IS NOT NULL, (c).phone_number FROM customers c ORDER BY c.id

-- case: shapes: rows that may be missing
SELECT c.id, s::text, to_json(s), s IS NULL, s IS NOT NULL, s IS DISTINCT FROM NULL, (s).version, num_nulls(s) FROM cons c LEFT JOIN solver s ON s.id = c.run_id ORDER BY c.id

-- case: shapes: rows in aggregates
SELECT json_agg(s ORDER BY s.id), count(DISTINCT s), count(s), json_agg(s) FILTER (WHERE s IS NOT NULL) IS NULL FROM solver s

-- case: shapes: a row in an aggregate of the query around
SELECT (SELECT json_agg(s) FROM rating r WHERE r.id = 1) IS NOT NULL, (SELECT row_to_json(s) FROM cons c LIMIT 1) FROM solver s GROUP BY s.id ORDER BY s.id

-- case: shapes: a row by its names in a function in from
SELECT s.id, j.key, j.value FROM solver s, json_each_text(to_json(s)) j ORDER BY 1, 2

-- case: shapes: a row as xml
SELECT xmlforest(s, s.rating, (s).rating AS r) FROM swapped b JOIN solver s ON s.id = b.id ORDER BY s.id

-- case: shapes: stars in rows
SELECT ROW(s.*), ROW(s.*, 1)::text, (s.*, s.id) = (s.*, s.id), s.* = s.*, to_jsonb(s.*) FROM swapped s ORDER BY s.id

-- case: shapes: rows in distinct results
SELECT DISTINCT s::text, to_jsonb(s) FROM swapped s ORDER BY s::text, to_jsonb(s)

-- case: shapes: rows that are compared in a full join
SELECT a.id, b.id FROM swapped a FULL JOIN swapped b ON a = b AND a.id > 1 ORDER BY 1, 2

-- case: shapes: fields of fields
SELECT ((b).comp).rating, (b).comp::text FROM boxes b JOIN solver s ON s.id = b.id WHERE (s).rating > 0 ORDER BY b.id

-- case: shapes: a constant of a full join
SELECT p.id, s.id FROM providers p FULL JOIN solver s ON p.user_type = s.note ORDER BY 1, 2

-- case: shapes: conditions in grouping sets
SELECT is_off, state, count(*) FROM plant GROUP BY CUBE (is_off, state) HAVING NOT is_off OR is_off IS NULL ORDER BY 1, 2, 3

-- case: shapes: refused: two names of one column in grouping sets, one of them the current one
-- refused: 0A000
SELECT kwh_neu FROM meter GROUP BY ROLLUP (kwh_old, kwh_neu)

-- case: shapes: filters beside a list of column aliases
SELECT x.b, x.c FROM plant x(a, b, c) WHERE x.b > 100 AND (x.c IS NOT NULL AND x.a = 1) ORDER BY 1

-- case: shapes: filters beside merged columns
SELECT a.id, record_date, b.rating FROM solver a LEFT JOIN solver b USING ("timestamp") WHERE a.record_date >= '2025-01-01' AND NOT b.record_date = '2025-01-02' ORDER BY 1, 3

-- case: shapes: filters of rows that may be missing
SELECT a.id, b.id FROM solver a LEFT JOIN solver b USING ("timestamp") WHERE b.record_date IS NULL ORDER BY 1, 2

-- case: shapes: a writing statement in current names beside
-- rollback
WITH made AS (INSERT INTO boxes (id) VALUES (901) RETURNING id), gone AS (DELETE FROM boxes WHERE id = 901 RETURNING id AS g)
SELECT rating, made.id FROM solver, made ORDER BY 1
