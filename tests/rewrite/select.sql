SELECT consumption_kwh FROM consumption_log
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log

SELECT c.consumption_kwh, record_date, timestamp '2025-01-01', c.timestamp FROM consumption_log c WHERE record_date = '2025-01-01' ORDER BY timestamp
=> SELECT c.kwh_consumed AS consumption_kwh, ((c.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, timestamp '2025-01-01', c.timestamp_utc AS "timestamp" FROM consumption_log c WHERE (c.timestamp_utc >= (timestamp '2025-01-01' AT TIME ZONE 'UTC') AND c.timestamp_utc < (timestamp '2025-01-02' AT TIME ZONE 'UTC')) ORDER BY timestamp

SELECT a, b FROM swapped ORDER BY a
=> SELECT swapped.b AS a, swapped.a AS b FROM swapped ORDER BY a

SELECT a, b FROM swapped ORDER BY a+0
=> SELECT swapped.b AS a, swapped.a AS b FROM swapped ORDER BY swapped.b+0

SELECT a, count(*) FROM swapped GROUP BY a
=> SELECT swapped.b AS a, count(*) FROM swapped GROUP BY swapped.b

SELECT * FROM swapped
=> SELECT swapped.id, swapped.a AS b, swapped.b AS a FROM swapped

SELECT s.* FROM swapped s JOIN cons ON true
=> SELECT s.id, s.a AS b, s.b AS a FROM swapped s JOIN cons ON true

SELECT * FROM swapped s JOIN cons c ON c.run_id = s.a
=> SELECT s.id, s.a AS b, s.b AS a, c.* FROM swapped s JOIN cons c ON c.run_id = s.b

SELECT phone_number FROM customers WHERE customers.city = 'x' AND public.customers.city = 'y'
=> SELECT customers.telefono AS phone_number FROM clientes AS customers WHERE customers.ciudad = 'x' AND customers.ciudad = 'y'

SELECT public.customers.city FROM public.customers
=> SELECT customers.ciudad AS city FROM public.clientes AS customers

SELECT * FROM customers
=> SELECT customers.id, customers.telefono AS phone_number, customers.ciudad AS city, customers."Größe" AS "Size", ('provider'::text) AS user_type FROM clientes AS customers

SELECT user_type, count(*) FROM customers GROUP BY user_type ORDER BY user_type
=> SELECT ('provider'::text) AS user_type, count(*) FROM clientes AS customers GROUP BY ('provider'::text) ORDER BY user_type

SELECT rating FROM feedback_log f WHERE EXISTS (SELECT 1 FROM cons WHERE run_id = feedback_id AND rating = 4)
=> SELECT ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log f WHERE EXISTS (SELECT 1 FROM cons WHERE run_id = feedback_id AND ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) = 4)

SELECT f.created_at, p.created_at, created_at FROM feedback_log f JOIN ai_predictions p USING (user_id)
=> refused 42702 at byte 35: column reference "created_at" is ambiguous

SELECT f.created_at, p.created_at FROM feedback_log f JOIN ai_predictions p USING (user_id)
=> SELECT f.submitted_at AS created_at, p.created_at FROM feedback_log f JOIN ai_predictions p USING (user_id)

SELECT * FROM feedback_log f JOIN ai_predictions p USING (user_id)
=> SELECT user_id, f.feedback_id, f.recommendation_type, f.feedback_useful, f.submitted_at, f.submitted_at AS created_at, f.recommendation_type AS feedback_type, ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating, p.prediction_id, p.predicted_value, p.created_at, ((p.predicted_value #>> '{"consumption"}')::double precision) AS predicted_consumption FROM feedback_log f JOIN ai_predictions p USING (user_id)

SELECT rating::text, (rating), -rating, max(rating), CASE WHEN true THEN 1 ELSE rating END FROM feedback_log
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)::text AS rating, (((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)) AS rating, -((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer), max(((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)), CASE WHEN true THEN 1 ELSE ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) END AS rating FROM feedback_log

SELECT (SELECT rating FROM feedback_log LIMIT 1), predicted_consumption FROM ai_predictions
=> SELECT (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log LIMIT 1), ((ai_predictions.predicted_value #>> '{"consumption"}')::double precision) AS predicted_consumption FROM ai_predictions

WITH feedback_log AS (SELECT * FROM feedback_log) SELECT rating FROM feedback_log
=> WITH feedback_log AS (SELECT feedback_log.feedback_id, feedback_log.user_id, feedback_log.recommendation_type, feedback_log.feedback_useful, feedback_log.submitted_at, feedback_log.submitted_at AS created_at, feedback_log.recommendation_type AS feedback_type, ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log) SELECT rating FROM feedback_log

WITH w(rating) AS (SELECT 1) SELECT rating FROM w, consumption_log
=> unchanged

WITH RECURSIVE r AS (SELECT rating AS x FROM feedback_log UNION SELECT x+1 FROM r WHERE x < 10) SELECT x FROM r
=> WITH RECURSIVE r AS (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS x FROM feedback_log UNION SELECT x+1 FROM r WHERE x < 10) SELECT x FROM r

SELECT f FROM feedback_log f
=> refused 0A000 at byte 7: a whole row (`f`) is not understood by exonym over a mapped table

SELECT count(f), count(*) FROM feedback_log f
=> unchanged

SELECT rating rating FROM feedback_log rating WHERE rating.rating = 4
=> SELECT ((CASE WHEN rating.feedback_useful THEN 4 WHEN NOT rating.feedback_useful THEN 2 ELSE 3 END)::integer) rating FROM feedback_log rating WHERE ((CASE WHEN rating.feedback_useful THEN 4 WHEN NOT rating.feedback_useful THEN 2 ELSE 3 END)::integer) = 4

SELECT Rating, "rating", "Rating" FROM feedback_log
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating, ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating, "Rating" FROM feedback_log

INSERT INTO feedback_log (rating) VALUES (4)
=> refused 0A000 at byte 26: exonym does not rewrite this statement, and it holds the legacy column `feedback_log.rating`

INSERT INTO feedback_log (feedback_useful) VALUES (true)
=> unchanged

UPDATE consumption_log SET timestamp_utc = timestamp '2025-01-01' WHERE id = 1
=> unchanged

UPDATE consumption_log SET timestamp = now()
=> refused 0A000 at byte 27: exonym does not rewrite this statement, and it holds the legacy column `consumption_log.timestamp`

DELETE FROM customers WHERE id = 1
=> refused 0A000 at byte 12: exonym does not rewrite this statement, and it holds the legacy table `customers`

SELECT json_agg(q) FROM (SELECT rating FROM feedback_log) q
=> SELECT json_agg(q) FROM (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log) q

SELECT feedback_useful, count(*) FROM feedback_log GROUP BY feedback_useful
=> unchanged

SELECT rating AS submitted_at, count(*) FROM feedback_log GROUP BY submitted_at
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS submitted_at, count(*) FROM feedback_log GROUP BY 1

SELECT array_agg(feedback_id ORDER BY rating), mode() WITHIN GROUP (ORDER BY rating) FROM feedback_log
=> SELECT array_agg(feedback_id ORDER BY ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)), mode() WITHIN GROUP (ORDER BY ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)) FROM feedback_log

SELECT rank() OVER (PARTITION BY record_date ORDER BY consumption_kwh) FROM consumption_log WINDOW w AS (ORDER BY timestamp)
=> SELECT rank() OVER (PARTITION BY ((consumption_log.timestamp_utc AT TIME ZONE 'UTC')::date) ORDER BY consumption_log.kwh_consumed) FROM consumption_log WINDOW w AS (ORDER BY consumption_log.timestamp_utc)

EXPLAIN (COSTS OFF) SELECT consumption_kwh FROM consumption_log
=> EXPLAIN (COSTS OFF) SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log

SELECT 1; SELECT consumption_kwh FROM consumption_log; SELECT f FROM feedback_log f; SET search_path = x
=> unchanged
=> refused 0A000 at byte 62: a whole row (`f`) is not understood by exonym over a mapped table
=> unchanged

SELECT x.consumption_kwh FROM (SELECT consumption_kwh FROM consumption_log) x
=> SELECT x.consumption_kwh FROM (SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log) x

SELECT consumption_kwh FROM consumption_log, LATERAL (SELECT rating FROM feedback_log WHERE feedback_log.user_id = consumption_log.user_id AND created_at > timestamp) z
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log, LATERAL (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log WHERE feedback_log.user_id = consumption_log.user_id AND feedback_log.submitted_at > consumption_log.timestamp_utc) z

SELECT date(timestamp), extract(epoch from timestamp), timestamp AT TIME ZONE 'UTC', timestamp - interval '1 day' AS timestamp FROM consumption_log
=> SELECT date(consumption_log.timestamp_utc), extract(epoch from consumption_log.timestamp_utc), consumption_log.timestamp_utc AT TIME ZONE 'UTC', consumption_log.timestamp_utc - interval '1 day' AS timestamp FROM consumption_log

SELECT consumption_kwh FROM consumption_log XMLELEMENT foo bar
=> unparsed

SELECT consumption_log.consumption_kwh FROM consumption_log UNION ALL SELECT 1 ORDER BY consumption_kwh
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log UNION ALL SELECT 1 ORDER BY consumption_kwh

SELECT DISTINCT ON (record_date) record_date, consumption_kwh FROM consumption_log ORDER BY record_date, timestamp DESC
=> SELECT DISTINCT ON (record_date) ((consumption_log.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log ORDER BY record_date, consumption_log.timestamp_utc DESC

SELECT null::feedback_log
=> refused 0A000 at byte 13: the row type `feedback_log` is not understood by exonym over a mapped table

SELECT consumption_kwh FROM consumption_log c, missing_table
=> SELECT c.kwh_consumed AS consumption_kwh FROM consumption_log c, missing_table

SELECT consumption_kwh FROM consumption_log c, generate_series(1,2) g WHERE g > 1
=> SELECT c.kwh_consumed AS consumption_kwh FROM consumption_log c, generate_series(1,2) g WHERE g > 1

SELECT consumption_kwh FROM consumption_log FOR UPDATE OF consumption_log
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log FOR UPDATE OF consumption_log

SELECT consumption_kwh FROM other.consumption_log
=> unchanged

TABLE feedback_log
=> SELECT feedback_log.feedback_id, feedback_log.user_id, feedback_log.recommendation_type, feedback_log.feedback_useful, feedback_log.submitted_at, feedback_log.submitted_at AS created_at, feedback_log.recommendation_type AS feedback_type, ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log

SELECT f(rating => 1) FROM feedback_log
=> unchanged

SELECT t.* FROM customers t, LATERAL jsonb_to_recordset('[]') AS x(rating int, timestamp text) WHERE x.timestamp = 'a'
=> SELECT t.id, t.telefono AS phone_number, t.ciudad AS city, t."Größe" AS "Size", ('provider'::text) AS user_type FROM clientes t, LATERAL jsonb_to_recordset('[]') AS x(rating int, timestamp text) WHERE x.timestamp = 'a'

SELECT consumption_kwh AS "timestamp" FROM consumption_log ORDER BY "timestamp"
=> SELECT consumption_log.kwh_consumed AS "timestamp" FROM consumption_log ORDER BY "timestamp"

SELECT record_date, sum(consumption_kwh) FILTER (WHERE timestamp > now()) FROM consumption_log GROUP BY ROLLUP(record_date), GROUPING SETS ((user_id), ()) HAVING max(timestamp) > '2020-01-01' ORDER BY 1
=> SELECT ((consumption_log.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, sum(consumption_log.kwh_consumed) FILTER (WHERE consumption_log.timestamp_utc > now()) FROM consumption_log GROUP BY ROLLUP(((consumption_log.timestamp_utc AT TIME ZONE 'UTC')::date)), GROUPING SETS ((user_id), ()) HAVING max(consumption_log.timestamp_utc) > '2020-01-01' ORDER BY 1

SELECT c.consumption_kwh FROM (consumption_log c JOIN feedback_log f ON c.timestamp = f.created_at) WHERE f.rating IN (SELECT rating FROM feedback_log WHERE f.rating = rating)
=> SELECT c.kwh_consumed AS consumption_kwh FROM (consumption_log c JOIN feedback_log f ON c.timestamp_utc = f.submitted_at) WHERE ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) IN (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log WHERE ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) = ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer))

SELECT consumption_kwh FROM ONLY consumption_log
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM ONLY consumption_log

SELECT consumption_kwh FROM consumption_log TABLESAMPLE SYSTEM (10)
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log TABLESAMPLE SYSTEM (10)

SELECT timestamp::date AS timestamp, count(*) FROM consumption_log GROUP BY timestamp::date ORDER BY timestamp
=> SELECT consumption_log.timestamp_utc::date AS timestamp, count(*) FROM consumption_log GROUP BY consumption_log.timestamp_utc::date ORDER BY timestamp

SELECT id FROM consumption_log WHERE timestamp >= $1 AND timestamp < $2 AND consumption_kwh = ANY($3)
=> SELECT id FROM consumption_log WHERE consumption_log.timestamp_utc >= $1 AND consumption_log.timestamp_utc < $2 AND consumption_log.kwh_consumed = ANY($3)

SELECT user_id, timestamp_utc FROM consumption_log WHERE kwh_consumed > 1
=> unchanged

SELECT x FROM consumption_log
=> unchanged

SELECT consumption_log FROM consumption_log
=> refused 0A000 at byte 7: a whole row (`consumption_log`) is not understood by exonym over a mapped table

SELECT ROW(c.*) FROM consumption_log c
=> SELECT ROW(c.*) FROM (SELECT c.log_id, c.timestamp_utc AS "timestamp", ((c.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, c.user_id, c.kwh_consumed AS consumption_kwh, c.estimated_cost AS total_cost FROM consumption_log AS c) c

SELECT to_jsonb(c) FROM consumption_log c
=> SELECT to_jsonb((SELECT exonym_row FROM (SELECT c.log_id, c.timestamp_utc AS "timestamp", ((c.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, c.user_id, c.kwh_consumed AS consumption_kwh, c.estimated_cost AS total_cost) AS exonym_row)) FROM consumption_log c

SELECT c.consumption_kwh FROM consumption_log AS c(a,b)
=> SELECT c.consumption_kwh FROM (SELECT c.log_id, c.timestamp_utc AS "timestamp", ((c.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, c.user_id, c.kwh_consumed AS consumption_kwh, c.estimated_cost AS total_cost FROM consumption_log AS c) AS c(a,b)

SELECT 'rating', $$rating$$, E'rating', "rating" /* rating */ FROM feedback_log -- rating
=> SELECT 'rating', $$rating$$, E'rating', ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating /* rating */ FROM feedback_log -- rating

SELECT predicted_consumption->>'a', (payload).rating FROM ai_predictions
=> SELECT ((ai_predictions.predicted_value #>> '{"consumption"}')::double precision)->>'a', (payload).rating FROM ai_predictions

SELECT case when rating = 4 then 'good' end, coalesce(rating, 0), rating + 1 AS rating FROM feedback_log GROUP BY rating, user_id
=> SELECT case when ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) = 4 then 'good' end, coalesce(((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer), 0), ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) + 1 AS rating FROM feedback_log GROUP BY ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer), user_id

SELECT count(*) FROM consumption_log c WHERE (c.user_id, c.timestamp) IN (SELECT user_id, max(timestamp) FROM consumption_log GROUP BY user_id)
=> SELECT count(*) FROM consumption_log c WHERE (c.user_id, c.timestamp_utc) IN (SELECT user_id, max(consumption_log.timestamp_utc) FROM consumption_log GROUP BY user_id)

SELECT date_trunc('hour', timestamp) AS h, avg(consumption_kwh) FROM consumption_log GROUP BY h ORDER BY h LIMIT 5 OFFSET 1
=> SELECT date_trunc('hour', consumption_log.timestamp_utc) AS h, avg(consumption_log.kwh_consumed) FROM consumption_log GROUP BY h ORDER BY h LIMIT 5 OFFSET 1

VALUES ((SELECT max(consumption_kwh) FROM consumption_log))
=> VALUES ((SELECT max(consumption_log.kwh_consumed) FROM consumption_log))

SELECT interval FROM consumption_log
=> unchanged

SELECT consumption_kwh FROM consumption_log WHERE timestamp BETWEEN '2025-01-01' AND '2025-02-01' AND date_part('hour', timestamp) = 3
=> SELECT consumption_log.kwh_consumed AS consumption_kwh FROM consumption_log WHERE consumption_log.timestamp_utc BETWEEN '2025-01-01' AND '2025-02-01' AND date_part('hour', consumption_log.timestamp_utc) = 3

SELECT * FROM feedback_log f FULL JOIN ai_predictions p USING (user_id) JOIN consumption_log c ON true
=> SELECT * FROM (SELECT f.feedback_id, f.user_id, f.recommendation_type, f.feedback_useful, f.submitted_at, f.submitted_at AS created_at, f.recommendation_type AS feedback_type, ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log AS f) f FULL JOIN (SELECT p.prediction_id, p.user_id, p.predicted_value, p.created_at, ((p.predicted_value #>> '{"consumption"}')::double precision) AS predicted_consumption FROM ai_predictions AS p) p USING (user_id) JOIN (SELECT c.log_id, c.timestamp_utc AS "timestamp", ((c.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, c.user_id, c.kwh_consumed AS consumption_kwh, c.estimated_cost AS total_cost FROM consumption_log AS c) c ON true

SELECT count(*), rating AS submitted_at FROM feedback_log GROUP BY ROLLUP (submitted_at)
=> SELECT count(*), (CASE WHEN feedback_log.feedback_id IS NOT NULL THEN ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) END) AS submitted_at FROM feedback_log GROUP BY ROLLUP (2)

SELECT upper(user_type), city FROM customers GROUP BY ROLLUP (user_type, city)
=> SELECT upper((CASE WHEN customers.id IS NOT NULL THEN ('provider'::text) END)), customers.ciudad AS city FROM clientes AS customers GROUP BY ROLLUP ((CASE WHEN customers.id IS NOT NULL THEN ('provider'::text) END), customers.ciudad)

SELECT (SELECT max(c.user_type) FROM cons) FROM customers c
=> SELECT (SELECT max((CASE WHEN c.id IS NOT NULL THEN ('provider'::text) END)) FROM cons) FROM clientes c

SELECT rating FROM feedback_log GROUP BY DISTINCT rating
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log GROUP BY DISTINCT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)

SELECT rating FROM feedback_log WHERE rating BETWEEN SYMMETRIC 4 AND 2
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log WHERE ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) BETWEEN SYMMETRIC 4 AND 2

SELECT city FROM cons CROSS JOIN (ONLY customers c JOIN cons d ON true)
=> SELECT c.ciudad AS city FROM cons CROSS JOIN (ONLY clientes c JOIN cons d ON true)

SELECT (SELECT count(kwh_consumed) FROM cons AS kwh_consumed) FROM consumption_log
=> SELECT (SELECT count(kwh_consumed) FROM cons AS kwh_consumed) FROM (SELECT consumption_log.log_id, consumption_log.timestamp_utc AS "timestamp", ((consumption_log.timestamp_utc AT TIME ZONE 'UTC')::date) AS record_date, consumption_log.user_id, consumption_log.kwh_consumed AS consumption_kwh, consumption_log.estimated_cost AS total_cost FROM consumption_log AS consumption_log) AS consumption_log

SELECT JSON_VALUE(rating::text, '$' PASSING f.created_at AS rating, feedback_type AS x RETURNING int DEFAULT rating ON EMPTY ERROR ON ERROR) FROM feedback_log f
=> SELECT JSON_VALUE(((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer)::text, '$' PASSING f.submitted_at AS rating, f.recommendation_type AS x RETURNING int DEFAULT ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) ON EMPTY ERROR ON ERROR) FROM feedback_log f

SELECT JSON_OBJECT('rating': rating, feedback_type VALUE f.created_at ABSENT ON NULL RETURNING jsonb), JSON_ARRAY(rating, f.feedback_id NULL ON NULL) FROM feedback_log f
=> SELECT JSON_OBJECT('rating': ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer), f.recommendation_type VALUE f.submitted_at ABSENT ON NULL RETURNING jsonb), JSON_ARRAY(((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer), f.feedback_id NULL ON NULL) FROM feedback_log f

SELECT JSON_ARRAY(SELECT rating FROM feedback_log ORDER BY created_at), JSON_ARRAYAGG(rating ORDER BY created_at DESC ABSENT ON NULL), JSON_OBJECTAGG(feedback_type: rating) FROM feedback_log
=> SELECT JSON_ARRAY(SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log ORDER BY feedback_log.submitted_at), JSON_ARRAYAGG(((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) ORDER BY feedback_log.submitted_at DESC ABSENT ON NULL), JSON_OBJECTAGG(feedback_log.recommendation_type: ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)) FROM feedback_log

SELECT f.rating, t.rating, created_at, t.n FROM feedback_log f, JSON_TABLE(f.feedback_type, '$' PASSING f.rating AS rating COLUMNS (n FOR ORDINALITY, rating int PATH '$.rating' DEFAULT f.rating ON EMPTY, NESTED PATH '$.b' COLUMNS (b text))) AS t ORDER BY created_at
=> SELECT ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating, t.rating, f.submitted_at AS created_at, t.n FROM feedback_log f, JSON_TABLE(f.recommendation_type, '$' PASSING ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating COLUMNS (n FOR ORDINALITY, rating int PATH '$.rating' DEFAULT ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) ON EMPTY, NESTED PATH '$.b' COLUMNS (b text))) AS t ORDER BY created_at

SELECT json_table.rating, created_at FROM feedback_log f, JSON_TABLE(f.feedback_type, '$' COLUMNS (created_at text PATH '$'))
=> refused 42702 at byte 26: column reference "created_at" is ambiguous

SELECT * FROM swapped, JSON_TABLE('1', '$' COLUMNS (x int, y int)) AS t(z)
=> SELECT swapped.id, swapped.a AS b, swapped.b AS a, t.* FROM swapped, JSON_TABLE('1', '$' COLUMNS (x int, y int)) AS t(z)

SELECT JSON_VALUE('1', '$' RETURNING feedback_log) FROM feedback_log
=> refused 0A000 at byte 37: the row type `feedback_log` is not understood by exonym over a mapped table

SELECT x.a FROM JSON_TABLE('1', '$' COLUMNS (a feedback_log PATH '$')) x
=> refused 0A000 at byte 47: the row type `feedback_log` is not understood by exonym over a mapped table

SELECT rating IS JSON, JSON_SCALAR(rating), JSON(feedback_type WITH UNIQUE KEYS), JSON_SERIALIZE(feedback_type FORMAT JSON RETURNING text) FROM feedback_log
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) IS JSON, JSON_SCALAR(((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer)), JSON(feedback_log.recommendation_type WITH UNIQUE KEYS), JSON_SERIALIZE(feedback_log.recommendation_type FORMAT JSON RETURNING text) FROM feedback_log

SELECT xmlforest(rating, f.created_at, feedback_type AS rating), xmlelement(NAME rating, xmlattributes(rating)) FROM feedback_log f
=> SELECT xmlforest(((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating, f.submitted_at AS created_at, f.recommendation_type AS rating), xmlelement(NAME rating, xmlattributes(((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating)) FROM feedback_log f

TABLE customers
=> SELECT customers.id, customers.telefono AS phone_number, customers.ciudad AS city, customers."Größe" AS "Size", ('provider'::text) AS user_type FROM clientes AS customers

WITH RECURSIVE r AS (SELECT rating, created_at FROM feedback_log UNION ALL SELECT r.rating, f.created_at FROM r JOIN feedback_log f USING (rating)) SEARCH DEPTH FIRST BY rating SET seq SELECT * FROM r ORDER BY seq
=> WITH RECURSIVE r AS (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating, feedback_log.submitted_at AS created_at FROM feedback_log UNION ALL SELECT r.rating, f.created_at FROM r JOIN (SELECT f.feedback_id, f.user_id, f.recommendation_type, f.feedback_useful, f.submitted_at, f.submitted_at AS created_at, f.recommendation_type AS feedback_type, ((CASE WHEN f.feedback_useful THEN 4 WHEN NOT f.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log AS f) f USING (rating)) SEARCH DEPTH FIRST BY rating SET seq SELECT * FROM r ORDER BY seq

WITH RECURSIVE r(a) AS (SELECT rating FROM feedback_log UNION ALL SELECT a FROM r) CYCLE a SET rating USING created_at SELECT a, rating, created_at FROM r, cons
=> WITH RECURSIVE r(a) AS (SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log UNION ALL SELECT a FROM r) CYCLE a SET rating USING created_at SELECT a, rating, created_at FROM r, cons

SELECT f.*::text FROM feedback_log f
=> refused 0A000 at byte 7: a whole row (`f`) is not understood by exonym over a mapped table

SELECT (f).* FROM feedback_log f
=> refused 0A000 at byte 8: a whole row (`f`) is not understood by exonym over a mapped table

SELECT f.* = g.* FROM feedback_log f, feedback_log g
=> refused 0A000 at byte 7: a whole row (`f`) is not understood by exonym over a mapped table

SELECT rating FROM feedback_log * ORDER BY rating USING <
=> SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log * ORDER BY rating USING <

SELECT city, phone_number FROM customers * WHERE city = 'x'
=> SELECT customers.ciudad AS city, customers.telefono AS phone_number FROM clientes * AS customers WHERE customers.ciudad = 'x'
