-- Traps 9 to 13, 31, 32, 35 and 36: what needs the whole legacy row or the whole list of its columns. It may be refused; it may
-- not be answered otherwise than the legacy schema would.

-- case: whole rows: an xml element takes its tag from the column
-- traps: 9
SELECT xmlforest(rating, note AS n) FROM solver WHERE id = 1

-- case: whole rows: the row itself
-- traps: 10
-- same-or-refused
SELECT s FROM solver s ORDER BY s.id

-- case: whole rows: the row under the table's own name
-- traps: 10
-- same-or-refused
SELECT solver FROM solver ORDER BY id

-- case: whole rows: row_to_json
-- traps: 10
SELECT row_to_json(s) FROM solver s ORDER BY s.id

-- case: whole rows: to_jsonb and a legacy key
-- traps: 10
SELECT to_jsonb(s)->>'rating' FROM solver s ORDER BY s.id

-- case: whole rows: as text
-- traps: 10
SELECT s::text FROM solver s ORDER BY s.id

-- case: whole rows: json_agg of the row
-- traps: 10
SELECT json_agg(feedback_log) FROM feedback_log WHERE feedback_id < 'f-0010'

-- case: whole rows: is null
-- traps: 10
SELECT c.id, s IS NULL, s IS NOT NULL FROM cons c LEFT JOIN solver s ON s.id = c.run_id ORDER BY c.id

-- case: whole rows: count of the row
-- traps: 10
SELECT count(s) FROM cons c LEFT JOIN solver s ON s.id = c.run_id

-- case: whole rows: compared
-- traps: 10
SELECT count(*) FROM solver a JOIN solver b ON a = b

-- case: whole rows: distinct and grouped
-- traps: 10
-- same-or-refused
SELECT s, count(*) FROM swapped s GROUP BY s

-- case: whole rows: a row of the unmapped table
-- traps: 10
SELECT c::text, to_jsonb(c)->>'feedback_useful' FROM cons c ORDER BY c.id

-- case: whole rows: a row of the unmapped table beside the mapped one
-- traps: 10
SELECT r::text, s.rating FROM rating r JOIN solver s ON s.id = r.id ORDER BY s.id

-- case: whole rows: an alias called like a column is the column
-- traps: 10, 37
SELECT rating FROM solver rating ORDER BY rating.id

-- case: whole rows: the star of the row
-- traps: 12
SELECT (s).* FROM solver s ORDER BY s.id

-- case: whole rows: a field of the row
-- traps: 11
SELECT (s).rating FROM solver s ORDER BY s.id

-- case: whole rows: a column as a function
-- traps: 11
SELECT rating(s) FROM solver s ORDER BY s.id

-- case: whole rows: a function as a column
-- traps: 11
SELECT s.text FROM swapped s WHERE s.id = 1

-- case: whole rows: an alias with a column list
-- traps: 13
SELECT t.c1, t.c2, t.c3 FROM solver AS t(c1, c2, c3) ORDER BY t.c1

-- case: whole rows: an alias with a column list on a swapped pair
-- traps: 13
SELECT x, y, c FROM swapped t(id, x, y) ORDER BY id

-- case: whole rows: an alias with a column list on the unmapped table
-- traps: 13
SELECT t.rating, t.b FROM cons AS t(rating, b) ORDER BY t.rating

-- case: whole rows: the table as a type
-- traps: 31
-- same-or-refused
SELECT (jsonb_populate_record(NULL::solver, '{"id": 7, "rating": 3}')).rating

-- case: whole rows: a null of the table's type
-- traps: 31
-- same-or-refused
SELECT NULL::solver IS NULL

-- case: whole rows: an array of the table's type
-- traps: 31
-- same-or-refused: 42704
SELECT '{}'::customers[] IS NULL

-- case: whole rows: the row type of a table that kept its name
-- traps: 31
-- same-or-refused
SELECT * FROM jsonb_populate_record(NULL::feedback_log, '{"feedback_id": "x", "rating": 3}')

-- case: whole rows: the name as regclass
-- traps: 32
-- same-or-refused: 42P01
SELECT 'solver'::regclass::text

-- case: whole rows: the size of a renamed table
-- traps: 32
SELECT pg_relation_size('customers') > 0

-- case: whole rows: a privilege on a renamed table
-- traps: 32
SELECT has_table_privilege('solver', 'SELECT')

-- case: whole rows: a privilege on a legacy column
-- traps: 32
-- same-or-refused: 42703
SELECT has_column_privilege('feedback_log', 'rating', 'SELECT')

-- case: whole rows: using a renamed column
-- traps: 35
SELECT "timestamp", a.rating, b.id FROM solver a JOIN solver b USING ("timestamp") ORDER BY 1, b.id, a.id

-- case: whole rows: using a legacy column that the other table really has
-- traps: 35
SELECT rating, s.id, r.id FROM solver s JOIN rating r USING (rating) ORDER BY rating

-- case: whole rows: using a legacy column of both services' tables
-- traps: 35
SELECT created_at, feedback_id, prediction_id FROM feedback_log JOIN ai_predictions USING (created_at) ORDER BY 1, 2, 3

-- case: whole rows: full join using a legacy column
-- traps: 35
SELECT id, a, x.b, y.b FROM swapped x FULL JOIN (SELECT 10 AS a, 5 AS b) y USING (a) ORDER BY id

-- case: whole rows: a star over using of a legacy column
-- traps: 35
SELECT * FROM swapped JOIN chain USING (id, a, b) ORDER BY id

-- case: whole rows: using with an alias for it
-- traps: 35
SELECT j.rating FROM solver s JOIN rating r USING (rating) AS j

-- case: whole rows: a natural join with a mapped table
-- traps: 36
SELECT * FROM solver NATURAL JOIN rating

-- case: whole rows: a natural join with the table of that name in another schema
-- traps: 36
SELECT count(*), count(rating), max(timestamp_utc) FROM archive.solver x NATURAL LEFT JOIN public.solver

-- case: whole rows: a natural join of two mapped tables
-- traps: 36
SELECT * FROM feedback_log NATURAL JOIN ai_predictions ORDER BY feedback_id, prediction_id

-- case: whole rows: a natural join that the current names would widen
-- traps: 36
SELECT s.id, s.rating, c.kind FROM solver s NATURAL JOIN cons c ORDER BY s.id

-- case: whole rows: a natural join over legacy names
-- traps: 36
SELECT count(*), sum(a) FROM swapped NATURAL JOIN chain

-- case: whole rows: a natural join of unmapped tables
-- traps: 36
SELECT id, kind, rating FROM cons NATURAL JOIN rating ORDER BY id

-- case: whole rows: a natural join of derived tables
-- traps: 36
SELECT id, rating, kind FROM (SELECT id, rating FROM solver) a NATURAL JOIN (SELECT run_id AS id, kind FROM cons) b ORDER BY id

-- case: whole rows: using over derived tables of legacy names
-- traps: 35
SELECT rating, x.id, y.id FROM (SELECT id, rating FROM solver) x JOIN (SELECT id, rating FROM solver) y USING (rating) WHERE x.id < y.id ORDER BY 2, 3

-- case: whole rows: a parenthesised join with an alias
-- traps: 35
SELECT j.rating, j.kind FROM (solver s JOIN cons c ON c.run_id = s.id) AS j ORDER BY j.kind, j.rating

-- case: whole rows: the names inside of such a join are hidden
-- traps: 35
SELECT s.rating FROM (solver s JOIN cons c ON c.run_id = s.id) AS j

-- case: whole rows: the row of a swapped pair as json
-- traps: 10
SELECT row_to_json(t), to_jsonb(t)->>'a' FROM swapped t ORDER BY t.id

-- case: whole rows: a field of the row of a swapped pair
-- traps: 11
SELECT (swapped).a, (swapped).b FROM swapped ORDER BY id

-- case: whole rows: a column of a swapped pair as a function
-- traps: 11
SELECT a(swapped), b(swapped) FROM swapped ORDER BY id

-- case: whole rows: a shorter column list on a swapped pair
-- traps: 13
SELECT k, a, b FROM swapped t(k) ORDER BY k

-- case: whole rows: a column list on a CTE over a swapped pair
-- traps: 13
WITH w AS (SELECT * FROM swapped) SELECT x, y FROM w AS t(id, x, y) ORDER BY id

-- case: whole rows: a row out of a derived table of a swapped pair
-- traps: 10
SELECT to_jsonb(q) FROM (SELECT * FROM swapped) q ORDER BY q.id

-- case: whole rows: the row of a swapped pair in a subquery
-- traps: 10
-- same-or-refused
SELECT c.id, (SELECT s FROM swapped s WHERE s.id = c.id)::text FROM cons c ORDER BY c.id

-- case: whole rows: the row of a swapped pair compared with values
-- traps: 10
SELECT id FROM swapped s WHERE s = ROW(1, 10, 3, 'x') ORDER BY id

-- case: whole rows: the table command in a CTE
-- traps: 12
WITH w AS (TABLE swapped) SELECT id, a FROM w ORDER BY id

-- case: whole rows: the table command in a union
-- traps: 12
TABLE swapped UNION ALL SELECT 0, 0, 0, 'q' ORDER BY 1

-- case: whole rows: in over a table command
-- traps: 12
SELECT id FROM orders WHERE (id, 10, 3, 'x') IN (TABLE swapped)
