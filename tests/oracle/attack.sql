-- Constructs that a rename gets wrong when it does not know how Postgres analyses them.

-- case: attack: grouping sets over two names of one column
-- refused: 0A000
SELECT consumption_kwh, monthly_consumption_kwh, count(*), sum(total_cost) FROM consumption_log GROUP BY ROLLUP (consumption_kwh, monthly_consumption_kwh) ORDER BY 1, 2, 3, 4

-- case: attack: grouping sets, two names of one column in two sets
-- refused: 0A000
SELECT consumption_kwh, input_avg_kwh, count(*) FROM consumption_log GROUP BY GROUPING SETS ((consumption_kwh), (input_avg_kwh)) ORDER BY 1, 2, 3

-- case: attack: GROUPING() of two names of one column
-- refused: 0A000
SELECT GROUPING(consumption_kwh), GROUPING(monthly_consumption_kwh), count(*) FROM consumption_log GROUP BY ROLLUP (consumption_kwh, monthly_consumption_kwh) ORDER BY 1, 2, 3

-- case: attack: rollup over a constant column
SELECT version, count(*) FROM solver GROUP BY ROLLUP (version) ORDER BY 1, 2

-- case: attack: rollup over a constant column and its label
SELECT channel AS c, rating, count(*) FROM solver GROUP BY CUBE (channel, rating) ORDER BY 1, 2, 3

-- case: attack: rollup over a computed column in an expression
SELECT rating + 1, upper(channel), rating IS NULL, count(*) FROM solver GROUP BY ROLLUP (rating, channel) ORDER BY 1, 2, 3, 4

-- case: attack: rollup over the time and its day
SELECT "timestamp", record_date, count(*) FROM solver GROUP BY ROLLUP ("timestamp", record_date) ORDER BY 1, 2, 3

-- case: attack: rollup over the day and its time
SELECT "timestamp", record_date, count(*) FROM solver GROUP BY ROLLUP (record_date, "timestamp") ORDER BY 1, 2, 3

-- case: attack: grouping sets of the day and of the time
SELECT "timestamp", record_date, count(*) FROM solver GROUP BY GROUPING SETS ((record_date), ("timestamp")) ORDER BY 1, 2, 3

-- case: attack: having over a constant in grouping sets
SELECT rating, version FROM solver GROUP BY GROUPING SETS ((rating), (version)) HAVING version IS NULL ORDER BY 1, 2

-- case: attack: GROUPING of computed columns
SELECT GROUPING(rating, record_date), rating, record_date FROM solver GROUP BY CUBE (rating, record_date) ORDER BY 1, 2, 3

-- case: attack: nested outer joins
SELECT s.rating, s.version, t.rating, t.channel, c.status FROM customers c LEFT JOIN (solver s FULL JOIN solver t ON s.id = t.id + 5) ON c.id = s.id ORDER BY 1, 2, 3, 4, 5

-- case: attack: outer join over a derived table
SELECT x.rating, x.v FROM customers c LEFT JOIN (SELECT id, rating, version AS v FROM solver WHERE id < 3) x ON x.id = c.id ORDER BY c.id

-- case: attack: outer join, correlated
SELECT c.id FROM customers c LEFT JOIN solver s ON s.id = c.id + 8 WHERE EXISTS (SELECT 1 FROM orders o WHERE s.version IS NULL AND o.id = c.id) ORDER BY 1

-- case: attack: outer join, lateral
SELECT c.id, x.r FROM customers c LEFT JOIN solver s ON s.id = c.id + 8, LATERAL (SELECT s.rating AS r) x ORDER BY 1

-- case: attack: outer join over using
SELECT id, s.rating, s.version FROM customers c LEFT JOIN solver s USING (id) ORDER BY 1

-- case: attack: outer join over using, moved on
SELECT id, s.rating, s.version, channel FROM rating r FULL JOIN solver s USING (id) ORDER BY 1

-- case: attack: aggregate over a missing side
SELECT c.id, count(s.rating), sum(s.version), max(s.channel) FROM customers c LEFT JOIN solver s ON s.id = c.id + 8 GROUP BY c.id ORDER BY 1

-- case: attack: right join then inner
SELECT s.rating, o.id FROM solver s RIGHT JOIN orders o ON o.id = s.id + 3 JOIN customers c ON c.id = o.id ORDER BY 1, 2

-- case: attack: left join in left join condition
SELECT c.id, t.rating FROM customers c LEFT JOIN solver s ON s.id = c.id + 8 LEFT JOIN solver t ON t.rating = coalesce(s.rating, 4) ORDER BY 1, 2

-- case: attack: full join with using and star
SELECT * FROM solver s FULL JOIN rating r USING (id) ORDER BY 1

-- case: attack: group by primary key with computed columns
SELECT id, rating, version, record_date, cost, count(*) FROM solver GROUP BY id ORDER BY id

-- case: attack: group by primary key, joined
SELECT s.id, s.rating, count(c.id) FROM solver s LEFT JOIN cons c ON c.run_id = s.id GROUP BY s.id HAVING s.rating = 4 ORDER BY s.rating, s.id

-- case: attack: group by the key of the missing side
SELECT s.id, s.rating, s.version, count(*) FROM customers c LEFT JOIN solver s ON s.id = c.id + 3 GROUP BY s.id ORDER BY 1, 2, 3, 4

-- case: attack: distinct with order
SELECT DISTINCT rating, record_date FROM solver ORDER BY record_date, rating

-- case: attack: distinct with an expression order
SELECT DISTINCT rating + 1, version FROM solver ORDER BY rating + 1

-- case: attack: distinct on computed
SELECT DISTINCT ON (rating) rating, id FROM solver ORDER BY rating, id DESC

-- case: attack: distinct on a label
SELECT DISTINCT ON (x) rating AS x, id FROM solver ORDER BY x, id DESC

-- case: attack: set operation over types
SELECT cost FROM solver UNION SELECT amount FROM orders UNION ALL SELECT predicted_consumption::numeric FROM solver ORDER BY 1

-- case: attack: set operation of numeric and integer
SELECT version FROM solver UNION SELECT rating FROM rating UNION SELECT cost FROM solver ORDER BY 1

-- case: attack: set operation with nulls
SELECT NULL UNION SELECT channel FROM solver ORDER BY 1

-- case: attack: set operation, null first, numbers
SELECT NULL UNION ALL (SELECT rating FROM solver ORDER BY id LIMIT 2) ORDER BY 1

-- case: attack: group by position
SELECT rating, count(*) FROM solver GROUP BY 1 ORDER BY 2, 1

-- case: attack: group by a label called like a current column
SELECT rating AS feedback_useful, count(*) FROM solver GROUP BY feedback_useful ORDER BY feedback_useful

-- case: attack: group by a label called like a current column, in a rollup
SELECT rating AS feedback_useful, count(*) FROM solver GROUP BY ROLLUP (feedback_useful) ORDER BY feedback_useful

-- case: attack: order by a label called like a current column
SELECT id, "timestamp" AS payload FROM solver ORDER BY payload, id

-- case: attack: recursive over a mapped table twice
WITH RECURSIVE r(n, rating, v) AS (SELECT id, rating, version FROM solver WHERE id = 1 UNION ALL SELECT s.id, s.rating, r.v + s.version FROM r JOIN solver s ON s.id = r.n + 1 JOIN solver t ON t.id = s.id AND t.rating = s.rating WHERE r.n < 5) SELECT * FROM r ORDER BY n

-- case: attack: recursive, called like the table
WITH RECURSIVE solver AS (SELECT 1 AS id, 4 AS rating UNION ALL SELECT id + 1, rating FROM solver WHERE id < 3) SELECT * FROM solver ORDER BY id

-- case: attack: subquery in LIMIT
SELECT id FROM solver ORDER BY id LIMIT (SELECT min(rating) FROM solver) OFFSET (SELECT max(version) FROM solver)

-- case: attack: subquery in VALUES
VALUES ((SELECT max(rating) FROM solver), 'x'), ((SELECT sum(version) FROM solver), 'y') ORDER BY 1

-- case: attack: subquery in a function in FROM
SELECT * FROM generate_series((SELECT min(rating) FROM solver), (SELECT max(rating) FROM solver)) AS g ORDER BY 1

-- case: attack: lateral function over a computed column
SELECT s.id, g FROM solver s, generate_series(1, s.rating) g WHERE s.id < 3 ORDER BY 1, 2

-- case: attack: subquery in FILTER
SELECT count(*) FILTER (WHERE rating = (SELECT max(rating) FROM solver)) FROM solver

-- case: attack: window frame with a subquery
SELECT id, sum(rating) OVER (ORDER BY id ROWS BETWEEN (SELECT max(version) FROM solver) PRECEDING AND CURRENT ROW) FROM solver ORDER BY id

-- case: attack: window over an aggregate
SELECT rating, sum(count(*)) OVER (PARTITION BY rating ORDER BY rating) FROM solver GROUP BY rating ORDER BY rating

-- case: attack: window by a constant column
SELECT id, rank() OVER (PARTITION BY version ORDER BY channel) FROM solver ORDER BY id

-- case: attack: named window called like a column
SELECT id, rank() OVER rating FROM solver WINDOW rating AS (PARTITION BY rating ORDER BY id) ORDER BY id

-- case: attack: lock
SELECT id, rating FROM solver s WHERE id < 3 ORDER BY id FOR UPDATE OF s

-- case: attack: lock without alias
SELECT id, rating FROM solver WHERE id < 3 ORDER BY id FOR NO KEY UPDATE OF solver SKIP LOCKED

-- case: attack: lock in a subquery
SELECT * FROM (SELECT id, rating FROM solver ORDER BY id LIMIT 2 FOR SHARE) x ORDER BY 1

-- case: attack: sample
SELECT id, rating FROM solver TABLESAMPLE BERNOULLI (100) ORDER BY id

-- case: attack: sample with alias
SELECT s.id, s.rating FROM solver AS s TABLESAMPLE SYSTEM (100) REPEATABLE (1) ORDER BY id

-- case: attack: a name of more than 63 bytes
-- notices: any
SELECT predicted_consumption_over_the_whole_winter_season_in_kilowatthours_and_more FROM gadget ORDER BY id

-- case: attack: a label of more than 63 bytes
-- notices: any
SELECT rating AS predicted_consumption_over_the_whole_winter_season_in_kilowatthours_and_more FROM solver ORDER BY predicted_consumption_over_the_whole_winter_season_in_kilowatthours_and_more, id

-- case: attack: a name in escapes
SELECT U&"r\0061ting", U&"d!0061y" UESCAPE '!' FROM (SELECT U&"r\0061ting", record_date AS day FROM solver) x ORDER BY 1, 2

-- case: attack: a table in escapes
SELECT U&"s\006flver".rating FROM U&"s\006flver" ORDER BY 1

-- case: attack: row comparison
SELECT id FROM solver WHERE (rating, record_date) > (2, date '2025-01-01') ORDER BY id

-- case: attack: row in a subquery
SELECT id FROM solver WHERE (rating, version) IN (SELECT rating, version FROM solver WHERE id = 1) ORDER BY id

-- case: attack: between symmetric
SELECT id FROM solver WHERE rating BETWEEN SYMMETRIC 4 AND 3 ORDER BY id

-- case: attack: overlaps
SELECT id FROM solver WHERE (record_date, record_date + 1) OVERLAPS (date '2025-01-01', date '2025-01-02') ORDER BY id

-- case: attack: an array of computed values
SELECT ARRAY(SELECT rating FROM solver ORDER BY id), ARRAY[version, rating] FROM solver ORDER BY id LIMIT 2

-- case: attack: order by a constant column
SELECT id FROM solver ORDER BY version, channel, id

-- case: attack: order by a constant column, descending
SELECT id, version FROM solver ORDER BY version DESC NULLS LAST, 1

-- case: attack: distinct over a constant column
SELECT DISTINCT version, channel FROM solver ORDER BY version

-- case: attack: group by a constant column
SELECT version, count(*) FROM solver GROUP BY version ORDER BY version

-- case: attack: group by nothing but constants in a subquery
SELECT (SELECT count(*) FROM cons GROUP BY s.version LIMIT 1) FROM solver s ORDER BY s.id

-- case: attack: outer grouped computed column inside a subquery
SELECT rating, (SELECT max(c.id) FROM cons c WHERE c.run_id = rating) FROM solver GROUP BY rating ORDER BY 1

-- case: attack: outer grouped renamed column inside a subquery
SELECT a, (SELECT max(c.id) FROM cons c WHERE c.id = a) FROM swapped GROUP BY a ORDER BY 1

-- case: attack: outer grouped computed column inside an aggregate of a subquery
SELECT id, (SELECT max(c.id + s.rating) FROM cons c) FROM solver s GROUP BY id ORDER BY 1

-- case: attack: outer aggregate inside a subquery
SELECT rating, (SELECT count(*) FROM cons c WHERE c.id < max(s.version)) FROM solver s GROUP BY rating ORDER BY 1

-- case: attack: outer aggregate inside a subquery, having
SELECT rating FROM solver s GROUP BY rating HAVING EXISTS (SELECT 1 FROM cons c WHERE c.id = max(s.rating)) ORDER BY 1

-- case: attack: json over a subquery
SELECT json_agg(x ORDER BY x.id), row_to_json(max(x)) FROM (SELECT id, rating FROM solver) x GROUP BY x.rating ORDER BY x.rating

-- case: attack: the whole row of a CTE
WITH solver AS (SELECT id, rating FROM solver) SELECT solver, to_jsonb(solver) FROM solver ORDER BY id

-- case: attack: a field of a subquery's row
SELECT (x).rating FROM (SELECT rating, id FROM solver) x ORDER BY x.id

-- case: attack: functional notation over a CTE
WITH w AS (SELECT id, rating FROM solver) SELECT rating(w) FROM w ORDER BY id

-- case: attack: in with a values list
SELECT id FROM solver WHERE rating IN (VALUES (4), (5)) ORDER BY id

-- case: attack: scalar values
SELECT (VALUES (rating)) FROM solver ORDER BY id

-- case: attack: scalar values, its label
SELECT * FROM (SELECT (VALUES (rating)) FROM solver) x ORDER BY column1

-- case: attack: scalar values with an order
-- refused: 42P01 or 0A000
SELECT (VALUES (rating), (1) ORDER BY 1 LIMIT 1) FROM solver ORDER BY id

-- case: attack: three tables with using
SELECT * FROM customers JOIN solver USING (id) JOIN swapped USING (id) ORDER BY 1

-- case: attack: three tables, the third one beside
SELECT * FROM customers JOIN solver USING (id) JOIN swapped ON swapped.id = solver.id ORDER BY 1

-- case: attack: using with an alias
SELECT j.id, s.rating FROM customers c JOIN solver s USING (id) AS j ORDER BY 1

-- case: attack: using, its column grouped
SELECT id, count(*) FROM customers c FULL JOIN solver s USING (id) GROUP BY id ORDER BY id

-- case: attack: using, qualified star
SELECT s.* FROM customers c FULL JOIN solver s USING (id) ORDER BY s.id

-- case: attack: star twice
SELECT *, * FROM solver ORDER BY 1

-- case: attack: star of a lateral
SELECT x.*, s.rating FROM solver s CROSS JOIN LATERAL (SELECT s.*) x ORDER BY s.id

-- case: attack: star beside a function
SELECT * FROM solver, doubled(rating) ORDER BY 1

-- case: attack: is null of computed
SELECT id FROM solver WHERE (rating, version) IS NOT NULL ORDER BY id

-- case: attack: collate
SELECT channel COLLATE "C", note COLLATE "C" FROM solver ORDER BY note COLLATE "C", id

-- case: attack: json functions
SELECT json_build_object('rating', rating), jsonb_build_array(version, channel) FROM solver ORDER BY id

-- case: attack: xml
SELECT xmlforest(rating, note AS n), xmlelement(name rating, xmlattributes(version)) FROM solver WHERE id < 3 ORDER BY id

-- case: attack: filter and within group
SELECT mode() WITHIN GROUP (ORDER BY rating) FILTER (WHERE version = 1), percentile_disc(0.5) WITHIN GROUP (ORDER BY record_date) FROM solver

-- case: attack: cast words
SELECT rating::text::int, CAST(record_date AS timestamp), "timestamp"::timestamp(0) AT TIME ZONE 'UTC', date "timestamp" FROM solver ORDER BY id

-- case: attack: a constant column of the outer query in an aggregate
SELECT (SELECT sum(s.version) FROM cons c) FROM solver s

-- case: attack: a constant column of the outer query in a lateral aggregate's condition
SELECT s.id, x.n FROM solver s, LATERAL (SELECT count(*) AS n FROM cons c WHERE c.id >= s.version AND channel = 'web') x ORDER BY s.id

-- case: attack: a table's alias is called like a current column of an outer table
SELECT x.n FROM consumption_log, LATERAL (SELECT count(kwh_consumed) AS n FROM chain AS kwh_consumed) x ORDER BY 1 LIMIT 3
