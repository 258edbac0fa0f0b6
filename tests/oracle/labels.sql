-- Traps 1 to 8: a label is not a column. Which is meant depends on the clause.

-- case: labels: order by takes the label
-- traps: 1
SELECT a, b FROM swapped ORDER BY a, id

-- case: labels: order by the other label
-- traps: 1
SELECT a, b FROM swapped ORDER BY b NULLS FIRST, id DESC

-- case: labels: order by a column that is not in the list
-- traps: 1
SELECT id, b FROM swapped ORDER BY a NULLS LAST, id

-- case: labels: an alias of the other's name in order by
-- traps: 1
SELECT id, a AS b FROM swapped ORDER BY b NULLS FIRST, id

-- case: labels: both aliases crossed
-- traps: 1
SELECT a AS b, b AS a, id FROM swapped ORDER BY a NULLS FIRST, b NULLS FIRST, id

-- case: labels: a chain of names
-- traps: 1
SELECT a, b, c FROM chain ORDER BY c, b, a, id

-- case: labels: a chain of names in a condition
-- traps: 1
SELECT id, c FROM chain WHERE a = 10 AND b > 3 OR c = 'x' ORDER BY id

-- case: labels: order by an expression is over input columns
-- traps: 2
SELECT a, b FROM swapped ORDER BY a + 0, id

-- case: labels: order by an expression with an alias of the same name
-- traps: 2
SELECT id, -a AS a FROM swapped ORDER BY a + 0 NULLS FIRST, id

-- case: labels: order by a parenthesised name is still a label
-- traps: 2
SELECT id, -a AS a FROM swapped ORDER BY (a) NULLS FIRST, id

-- case: labels: order by a cast is an expression
-- traps: 2
SELECT id, -rating AS rating FROM solver ORDER BY rating::int, id

-- case: labels: order by a qualified name is an input column
-- traps: 2
SELECT id, -rating AS rating FROM solver ORDER BY solver.rating, id

-- case: labels: order by collate is an expression
-- traps: 2
SELECT id, note AS channel FROM solver ORDER BY channel COLLATE "C", id

-- case: labels: group by takes the input column
-- traps: 3
SELECT a, count(*) FROM swapped GROUP BY a ORDER BY a

-- case: labels: group by takes the input column and not the alias
-- traps: 3
SELECT b AS a, count(*) FROM swapped GROUP BY b, a ORDER BY 1, 2

-- case: labels: group by takes the alias when there is no such column
-- traps: 3
SELECT rating > 3 AS good, count(*) FROM solver GROUP BY good ORDER BY good

-- case: labels: group by an alias that hides nothing but is a current name
-- traps: 3
SELECT rating AS feedback_useful, count(*) FROM solver GROUP BY feedback_useful ORDER BY feedback_useful

-- case: labels: group by an alias called like the current column
-- traps: 3
SELECT record_date AS timestamp_utc, count(*) FROM solver GROUP BY timestamp_utc ORDER BY timestamp_utc

-- case: labels: order by an alias called like the current column
-- traps: 2
SELECT id, note AS timestamp_utc FROM solver ORDER BY timestamp_utc, id

-- case: labels: an alias called like the current column is not seen in an expression
-- traps: 2
SELECT id, note AS feedback_useful FROM solver ORDER BY length(note), feedback_useful, id

-- case: labels: group by in an expression
-- traps: 3
SELECT rating + 1 AS next, count(*) FROM solver GROUP BY rating + 1 ORDER BY rating + 1

-- case: labels: group by a position
-- traps: 3
SELECT rating, record_date, count(*) FROM solver GROUP BY 1, 2 ORDER BY 2 NULLS FIRST, 1

-- case: labels: having sees no alias
-- traps: 4
SELECT id AS rating, count(*) FROM solver GROUP BY id HAVING max(solver.rating) > 3 ORDER BY 1

-- case: labels: having over the input column while the alias is another
-- traps: 4
SELECT max(id) AS rating FROM solver GROUP BY solver.rating HAVING rating > 3

-- case: labels: where sees no alias
-- traps: 4
SELECT id AS rating FROM solver WHERE rating = 4 ORDER BY id

-- case: labels: where sees no alias of a swapped pair
-- traps: 4
SELECT a AS b, b AS a FROM swapped WHERE a = 10 AND b = 3 ORDER BY id

-- case: labels: an aggregate's own order
-- traps: 5
SELECT array_agg(id ORDER BY rating DESC, id) FROM solver

-- case: labels: an aggregate's own order while an alias has the name
-- traps: 5
SELECT id % 2 AS rating, array_agg(id ORDER BY rating, id) FROM solver GROUP BY id % 2 ORDER BY 1

-- case: labels: within group
-- traps: 5
SELECT mode() WITHIN GROUP (ORDER BY rating), percentile_disc(0.5) WITHIN GROUP (ORDER BY predicted_consumption) FROM solver

-- case: labels: over order by
-- traps: 5
SELECT id, id AS rating, row_number() OVER (ORDER BY rating, id) FROM solver ORDER BY id

-- case: labels: a named window
-- traps: 5
SELECT id, id AS a, sum(a) OVER w FROM swapped WINDOW w AS (PARTITION BY b ORDER BY a, id) ORDER BY id

-- case: labels: a window that extends another
-- traps: 5
SELECT id, count(*) OVER (w ORDER BY predicted_consumption), rank() OVER (w ORDER BY rating) FROM solver WINDOW w AS (PARTITION BY record_date) ORDER BY id

-- case: labels: a window's frame by range over a renamed column
-- traps: 5
SELECT id, count(*) OVER (ORDER BY timestamp RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW) FROM solver ORDER BY id

-- case: labels: order by a constant column
-- traps: 6
SELECT id FROM solver ORDER BY version, id

-- case: labels: order by a constant column in parentheses
-- traps: 6
SELECT note, id FROM solver ORDER BY (version), id DESC

-- case: labels: order by a constant text column
-- traps: 6
SELECT note, id FROM solver ORDER BY channel, id

-- case: labels: order by a constant column in the list
-- traps: 6
SELECT note, version, id FROM solver ORDER BY version, id

-- case: labels: group by a constant column
-- traps: 6
SELECT count(*) FROM solver GROUP BY version

-- case: labels: group by a constant column and show it
-- traps: 6
SELECT version, channel, count(*) FROM solver GROUP BY version, channel

-- case: labels: group by a constant and another
-- traps: 6
SELECT rating, version, count(*) FROM solver GROUP BY version, rating ORDER BY rating

-- case: labels: distinct on a constant
-- traps: 6
SELECT DISTINCT ON (version) version, id FROM solver ORDER BY version, id DESC

-- case: labels: distinct of constants
-- traps: 6
SELECT DISTINCT channel, version FROM solver

-- case: labels: partition by a constant
-- traps: 6
SELECT id, row_number() OVER (PARTITION BY version ORDER BY channel, id) FROM solver ORDER BY id

-- case: labels: a constant in arithmetic and in a condition
-- traps: 6
SELECT id, version + 1, channel || '!' FROM solver WHERE version = 1 AND channel = 'web' AND version < id ORDER BY id

-- case: labels: a constant that is never so
-- traps: 6
SELECT id FROM solver WHERE version = 2 OR channel IS NULL

-- case: labels: a constant from the missing side of a join is null
-- traps: 6
SELECT c.id, s.version, s.channel, s.version IS NULL AS missing FROM cons c LEFT JOIN solver s ON s.id = c.run_id AND s.rating = 4 ORDER BY c.id

-- case: labels: a rating from the missing side of a join is null
-- traps: 6
SELECT c.id, s.rating, s.record_date, s.predicted_consumption FROM cons c LEFT JOIN solver s ON s.id = c.run_id AND s.id > 3 ORDER BY c.id

-- case: labels: the missing side of a right join
SELECT c.id, s.rating, s.version FROM solver s RIGHT JOIN cons c ON s.id = c.run_id ORDER BY c.id

-- case: labels: the missing sides of a full join
SELECT c.id, s.id, s.rating, s.version FROM solver s FULL JOIN cons c ON s.id = c.run_id AND c.kind = 'a' ORDER BY c.id, s.id

-- case: labels: the missing side filtered
SELECT c.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id WHERE s.rating IS NULL OR s.rating = 2 ORDER BY c.id

-- case: labels: the missing side counted
SELECT count(s.rating), count(s.version), count(s.id), count(*) FROM cons c LEFT JOIN solver s ON s.id = c.run_id

-- case: labels: output names of every kind
-- traps: 7
SELECT record_date, rating, predicted_consumption, cost, version, channel, timestamp FROM solver ORDER BY id

-- case: labels: output names of qualified references
-- traps: 7
SELECT solver.record_date, solver.rating, s2.rating, s2."timestamp" FROM solver JOIN solver s2 USING (id) ORDER BY id

-- case: labels: output names under functions
-- traps: 7
SELECT max(rating), upper(note), coalesce(rating, 0), nullif(rating, 2), greatest(rating, version), date(timestamp) FROM solver GROUP BY id ORDER BY id

-- case: labels: output names under casts
-- traps: 7
SELECT rating::text, record_date::timestamp, CAST(cost AS text), (predicted_consumption)::numeric(10,3), rating::bigint::text FROM solver ORDER BY id

-- case: labels: output names under parentheses
-- traps: 7
SELECT (rating), ((record_date)), (((version))) FROM solver ORDER BY id

-- case: labels: output names under case
-- traps: 7
SELECT CASE WHEN id > 3 THEN 0 ELSE rating END, CASE WHEN id > 3 THEN rating END, CASE WHEN rating = 4 THEN note ELSE channel END FROM solver ORDER BY id

-- case: labels: output names under collate and operators
-- traps: 7
SELECT channel COLLATE "C", -rating, rating + 1, note || channel, rating IS NULL, NOT rating = 4 FROM solver ORDER BY id

-- case: labels: output names under at time zone
-- traps: 7
SELECT timestamp AT TIME ZONE 'UTC', EXTRACT(year FROM timestamp), (timestamp AT TIME ZONE 'Europe/Madrid')::date FROM solver ORDER BY id

-- case: labels: output names of array and row constructors
-- traps: 7
SELECT ARRAY[rating, version], (ARRAY[rating, version])[1], ROW(rating, version) = ROW(4, 1) FROM solver ORDER BY id

-- case: labels: output names of subscripts and fields
-- traps: 7
SELECT (array_agg(rating ORDER BY id))[1:2], (array_agg(record_date ORDER BY id))[1] FROM solver

-- case: labels: a scalar subquery is named after its column
-- traps: 8
SELECT (SELECT rating FROM solver ORDER BY id LIMIT 1), (SELECT record_date FROM solver WHERE id = 2), (SELECT version FROM solver LIMIT 1)

-- case: labels: a scalar subquery of a renamed column
-- traps: 8
SELECT id, (SELECT phone_number FROM customers WHERE customers.id = orders.customer_id) FROM orders ORDER BY id

-- case: labels: exists and array subqueries
-- traps: 8
SELECT EXISTS (SELECT rating FROM solver WHERE rating = 4), ARRAY(SELECT rating FROM solver ORDER BY id), 4 IN (SELECT rating FROM solver)

-- case: labels: json keys come from a derived table
-- traps: 8
SELECT json_agg(q ORDER BY q.id) FROM (SELECT id, rating, record_date, version FROM solver) q

-- case: labels: to_jsonb of a derived table
-- traps: 8
SELECT to_jsonb(q)->>'rating', row_to_json(q) FROM (SELECT id, rating, timestamp, cost FROM solver ORDER BY id LIMIT 3) q

-- case: labels: a whole row of a derived table
-- traps: 8
SELECT q::text, q IS NULL FROM (SELECT rating, predicted_consumption FROM solver) q

-- case: labels: json of a CTE's rows
-- traps: 8
WITH w AS (SELECT id, phone_number, status FROM customers) SELECT jsonb_agg(to_jsonb(w) ORDER BY w.id) FROM w

-- case: labels: names through two levels
-- traps: 8
SELECT rating, day FROM (SELECT rating, record_date AS day FROM (SELECT rating, record_date, id FROM solver) a WHERE a.rating = 4) b ORDER BY day, rating

-- case: labels: names out of a set operation
-- traps: 8, 34
SELECT rating, note FROM solver UNION SELECT id, kind FROM cons ORDER BY rating, note

-- case: labels: names out of a set operation in brackets
-- traps: 8, 34
(SELECT record_date, rating FROM solver ORDER BY rating LIMIT 1) UNION ALL (SELECT record_date, version FROM solver WHERE id = 2) ORDER BY 1, 2

-- case: labels: a set operation's order sees only the first branch's names
-- traps: 34
SELECT id FROM cons UNION SELECT rating FROM solver ORDER BY rating

-- case: labels: values and a legacy column
-- traps: 34
VALUES (1, 'x') UNION ALL SELECT rating, channel FROM solver ORDER BY 1, 2

-- case: labels: intersect and except across types
-- traps: 34
SELECT predicted_consumption FROM solver INTERSECT SELECT 20 EXCEPT SELECT rating FROM solver ORDER BY 1

-- case: labels: types of a union over expressions
-- traps: 34
SELECT cost FROM solver UNION ALL SELECT version FROM solver UNION ALL SELECT predicted_consumption FROM solver

-- case: labels: typmod of a union of the same column
-- traps: 34
SELECT cost FROM solver WHERE id < 3 UNION ALL SELECT cost FROM solver WHERE id > 5 ORDER BY cost

-- case: labels: distinct with the order of the same column
-- traps: 25
SELECT DISTINCT rating, record_date FROM solver ORDER BY rating, record_date

-- case: labels: distinct with the order of the same expression
-- traps: 25
SELECT DISTINCT rating + 1 FROM solver ORDER BY rating + 1

-- case: labels: distinct must show what it orders by
-- traps: 25
SELECT DISTINCT rating FROM solver ORDER BY record_date

-- case: labels: distinct on a mapped expression with the order of it
-- traps: 25
SELECT DISTINCT ON (rating) rating, id FROM solver ORDER BY rating, id

-- case: labels: distinct on takes the label first
-- traps: 1
SELECT DISTINCT ON (a) b AS a, id FROM swapped ORDER BY a, id

-- case: labels: distinct on two, one a date
-- traps: 25
SELECT DISTINCT ON (record_date, solver.rating) record_date, rating, id FROM solver ORDER BY record_date, solver.rating, id

-- case: labels: group by the same column in list, order and having
-- traps: 25
SELECT record_date, rating, count(*) FROM solver GROUP BY record_date, rating HAVING rating IN (2, 4) ORDER BY record_date DESC NULLS LAST, rating

-- case: labels: group by qualified, select unqualified
-- traps: 25
SELECT rating, count(*) FROM solver GROUP BY solver.rating ORDER BY solver.rating

-- case: labels: grouping function over an expression column
-- traps: 25
SELECT rating, record_date, GROUPING(rating), GROUPING(record_date, rating), count(*) FROM solver GROUP BY CUBE (rating, record_date) ORDER BY 1, 2, 3, 4

-- case: labels: grouping by the primary key shows every column
-- traps: 45
SELECT id, rating, timestamp, predicted_consumption, version FROM solver GROUP BY id ORDER BY id

-- case: labels: grouping by the primary key of a joined table
-- traps: 45
SELECT s.id, s.rating, s.record_date, count(c.id) FROM solver s LEFT JOIN cons c ON c.run_id = s.id GROUP BY s.id ORDER BY s.id

-- case: labels: grouping by a primary key that was renamed
-- traps: 45
SELECT id, size, label, count(*) FROM gadget GROUP BY id ORDER BY id

-- case: labels: grouping by what is no key
-- traps: 45
SELECT rating, timestamp FROM solver GROUP BY rating

-- case: labels: an alias that equals the column's own legacy name
SELECT rating AS rating, record_date AS record_date FROM solver ORDER BY rating, record_date, id

-- case: labels: an alias without as
SELECT rating rating, timestamp "timestamp", record_date the_day FROM solver ORDER BY id

-- case: labels: a word that is no alias without as
SELECT rating, record_date day FROM solver ORDER BY id

-- case: labels: every column aliased to another legacy name
SELECT id AS rating, rating AS id, record_date AS "timestamp", timestamp AS record_date FROM solver ORDER BY rating, id

-- case: labels: order by using and nulls
SELECT id FROM solver ORDER BY predicted_consumption USING > , record_date NULLS FIRST, id

-- case: labels: fetch first with ties
SELECT id, rating FROM solver ORDER BY rating DESC FETCH FIRST 2 ROWS WITH TIES
