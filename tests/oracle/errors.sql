-- Trap 47: an error says what the legacy server would have said, and where, in characters of the client's text.

-- case: errors: an unknown column
-- traps: 47
SELECT id, raiting FROM solver

-- case: errors: an unknown column after rewritten ones
-- traps: 47
SELECT id, rating, record_date, predicted_consumption, raiting FROM solver WHERE rating = 4

-- case: errors: an unknown column after unicode
-- traps: 47
SELECT 'größer 日本語 🙂', rating, "ü" FROM solver

-- case: errors: an unknown column on the third line
-- traps: 47
SELECT id, -- größer
       rating,
       record_dat
FROM solver

-- case: errors: an unknown qualified column
-- traps: 47
SELECT s.rating, s.raiting FROM solver s

-- case: errors: an unknown alias
-- traps: 47
SELECT x.rating FROM solver s

-- case: errors: an unknown table
-- traps: 47
SELECT rating FROM solvers

-- case: errors: an unknown table beside the mapped one
-- traps: 47
SELECT s.rating FROM solver s JOIN solvers t ON t.id = s.id

-- case: errors: an unknown schema
-- traps: 47
SELECT rating FROM nowhere.solver

-- case: errors: a legacy column of another table
-- traps: 47
SELECT rating FROM consumption_log

-- case: errors: a legacy column of another table in a join
-- traps: 47
SELECT c.rating, f.rating FROM feedback_log f JOIN consumption_log c ON c.user_id = f.user_id

-- case: errors: an ambiguous legacy column
-- traps: 47
SELECT a.id FROM solver a JOIN solver b ON a.id = b.id WHERE rating = 4

-- case: errors: an ambiguous legacy column in the list
-- traps: 47
SELECT a.note, rating FROM solver a, solver b

-- case: errors: an ambiguous unmapped column
-- traps: 47
SELECT rating, id FROM solver JOIN cons ON cons.run_id = solver.id

-- case: errors: ambiguous between a legacy and a real column
-- traps: 47
SELECT user_id, created_at FROM feedback_log CROSS JOIN (SELECT created_at, 1 AS x FROM ai_predictions) p

-- case: errors: ambiguous between customers and orders
-- traps: 47
SELECT full_name, created_at FROM customers JOIN orders ON customer_id = customers.id

-- case: errors: an ambiguous label in order by
-- traps: 47
SELECT rating AS x, record_date AS x FROM solver ORDER BY x

-- case: errors: a bad integer compared with the rating
-- traps: 47
SELECT id FROM solver WHERE record_date IS NOT NULL AND rating = 'good'

-- case: errors: a bad date compared with the day
-- traps: 47
SELECT id FROM solver WHERE rating = 4 AND record_date = 'someday'

-- case: errors: a bad timestamp compared with a renamed column
-- traps: 47
SELECT record_date FROM solver WHERE timestamp > 'yesterdayish'

-- case: errors: a type that does not fit
-- traps: 47
SELECT rating FROM solver WHERE rating = record_date

-- case: errors: an operator that does not exist
-- traps: 47
SELECT rating, rating || record_date FROM solver

-- case: errors: a function that does not exist
-- traps: 47
SELECT rating, no_such_function(rating, record_date) FROM solver

-- case: errors: a function that does not exist for the type
-- traps: 47
SELECT upper(rating) FROM solver

-- case: errors: adding what cannot be added
-- traps: 47
SELECT timestamp + timestamp FROM solver

-- case: errors: a condition that is no boolean
-- traps: 47
SELECT id FROM solver WHERE rating

-- case: errors: a case of mixed types
-- traps: 47
SELECT CASE WHEN rating = 4 THEN record_date ELSE rating END FROM solver

-- case: errors: union of mixed types
-- traps: 47
SELECT rating FROM solver UNION SELECT record_date FROM solver

-- case: errors: union of different lengths
-- traps: 47
SELECT rating, record_date FROM solver UNION SELECT id FROM cons

-- case: errors: not grouped
-- traps: 47
SELECT rating, record_date FROM solver GROUP BY rating

-- case: errors: an aggregate in where
-- traps: 47
SELECT rating FROM solver WHERE max(rating) > 3

-- case: errors: order by a position that is not there
-- traps: 47
SELECT rating, record_date FROM solver ORDER BY 3

-- case: errors: distinct on that does not fit the order
-- traps: 47
SELECT DISTINCT ON (rating) rating FROM solver ORDER BY record_date, rating

-- case: errors: a syntax error behind legacy names
-- traps: 47
SELECT rating, record_date FROM solver WHERE rating = 4 AND ORDER BY id

-- case: errors: a syntax error before legacy names
-- traps: 47
SELEC rating FROM solver

-- case: errors: an open string
-- traps: 47
SELECT rating FROM solver WHERE note = 'x

-- case: errors: an open quoted name
-- traps: 47
SELECT rating FROM solver WHERE "note = 4

-- case: errors: an open comment
-- traps: 47
SELECT rating FROM solver /* WHERE

-- case: errors: an open parenthesis
-- traps: 47
SELECT (rating FROM solver

-- case: errors: a subquery with two columns
-- traps: 47
SELECT (SELECT rating, record_date FROM solver LIMIT 1) FROM cons

-- case: errors: a lateral reference without lateral
-- traps: 47
SELECT s.rating FROM solver s, (SELECT s.rating) x

-- case: errors: the table's name twice
-- traps: 47
-- same-or-refused: 42702
SELECT rating FROM solver, solver

-- case: errors: division by zero at run time
-- traps: 47
SELECT id, 1 / (rating - 4) FROM solver ORDER BY id

-- case: errors: division by zero after some rows
-- traps: 47
SELECT id, 10 / (4 - id) FROM solver WHERE rating > 0 ORDER BY id

-- case: errors: more than one row of a subquery
-- traps: 47
SELECT (SELECT rating FROM solver) FROM cons

-- case: errors: out of range at run time
-- traps: 47
SELECT rating * 2147483647 FROM solver

-- case: errors: a cast that fails at run time
-- traps: 47
SELECT note::int FROM solver WHERE rating = 4

-- case: errors: a window function in where
-- traps: 47
SELECT rating FROM solver WHERE rank() OVER (ORDER BY rating) = 1

-- case: errors: a parameter without a value
-- traps: 47
-- protocol: simple
SELECT rating FROM solver WHERE rating = $1

-- case: errors: a constant compared with a wrong type
-- traps: 47
SELECT version FROM solver WHERE version = 'one'

-- case: errors: too many column aliases
-- traps: 47
SELECT a FROM (SELECT rating FROM solver) AS x(a, b)

-- case: errors: more in values than in the list before it
-- traps: 47
VALUES (1, 2), ((SELECT max(rating) FROM solver))

-- case: errors: an unknown column in a join condition
-- traps: 47
SELECT s.rating FROM solver s JOIN cons c ON c.run_idd = s.id

-- case: errors: an unknown column in using
-- traps: 47
SELECT s.rating FROM solver s JOIN cons c USING (run_idd)

-- case: errors: an unknown column in group by
-- traps: 47
SELECT max(rating) FROM solver GROUP BY dayy

-- case: errors: an unknown column in a CTE
-- traps: 47
WITH w AS (SELECT rating, nope FROM solver) SELECT rating FROM w

-- case: errors: a name that the CTE does not hand on
-- traps: 47
WITH w AS (SELECT rating FROM solver) SELECT record_date FROM w

-- case: errors: no such type
-- traps: 47
SELECT rating::nosuchtype FROM solver

-- case: errors: permission and relation kinds stay the server's
-- traps: 47
-- same-or-refused: 42P01
SELECT rating FROM solver_pkey

-- case: errors: a statement that the server refuses itself
-- traps: 47
SELECT rating FROM solver FOR UPDATE OF cons

-- case: errors: for update with group by
-- traps: 47
SELECT rating FROM solver GROUP BY rating FOR UPDATE
