-- What expert_bot_api and energy_ia_api ask of the warehouse, in Postgres's words.

-- case: smartwatt: a user's last readings
SELECT log_id, timestamp, consumption_kwh, total_cost
FROM consumption_log
WHERE user_id = 'user-026' AND timestamp IS NOT NULL
ORDER BY timestamp DESC, log_id
LIMIT 10

-- case: smartwatt: consumption by day
SELECT record_date, SUM(consumption_kwh) AS kwh, COUNT(*) AS readings, ROUND(AVG(total_cost)::numeric, 4) AS cost
FROM consumption_log
WHERE record_date BETWEEN '2024-12-28' AND '2025-01-05'
GROUP BY record_date
ORDER BY record_date

-- case: smartwatt: the day is the day in UTC, whatever the session's zone
-- set: SET TimeZone = 'America/New_York'
SELECT record_date, count(*), min(timestamp), max(timestamp) FROM consumption_log
WHERE record_date >= DATE '2024-12-30' AND record_date < DATE '2025-01-03' GROUP BY 1 ORDER BY 1

-- case: smartwatt: the day in a zone east of UTC
-- set: SET TimeZone = 'Asia/Kolkata'
SELECT log_id, record_date, timestamp::date AS session_day, timestamp FROM consumption_log WHERE log_id % 11 = 0 ORDER BY log_id

-- case: smartwatt: readings around midnight at the year's end
SELECT log_id, timestamp, record_date FROM consumption_log
WHERE timestamp >= TIMESTAMP WITH TIME ZONE '2024-12-31 23:59:58+00' AND timestamp < '2025-01-01 00:00:02+00'::timestamptz
ORDER BY timestamp, log_id

-- case: smartwatt: the record date as the month
SELECT date_trunc('month', record_date) AS month, sum(monthly_consumption_kwh) AS total
FROM consumption_log GROUP BY date_trunc('month', record_date) ORDER BY month NULLS FIRST

-- case: smartwatt: three names of one column in one list
SELECT consumption_kwh, monthly_consumption_kwh, input_avg_kwh FROM consumption_log WHERE log_id <= 40 ORDER BY log_id

-- case: smartwatt: three names of one column in one expression
SELECT log_id, consumption_kwh + monthly_consumption_kwh * 2 - input_avg_kwh / 4 AS mix
FROM consumption_log WHERE consumption_kwh = monthly_consumption_kwh AND input_avg_kwh > 25 ORDER BY log_id

-- case: smartwatt: how good the advice was
SELECT feedback_type, rating, COUNT(*) AS n FROM feedback_log GROUP BY feedback_type, rating ORDER BY feedback_type, rating

-- case: smartwatt: average rating by type of advice
SELECT feedback_type, AVG(rating) AS average, MIN(rating), MAX(rating), SUM(rating) FROM feedback_log
GROUP BY feedback_type HAVING AVG(rating) > 2.5 ORDER BY feedback_type NULLS LAST

-- case: smartwatt: created_at is legacy in one table and real in the other
SELECT f.feedback_id, f.created_at, p.prediction_id, p.created_at AS predicted_at
FROM feedback_log f
JOIN ai_predictions p ON p.user_id = f.user_id AND p.created_at < f.created_at
WHERE f.rating = 4 AND p.predicted_consumption > 400
ORDER BY f.feedback_id, p.prediction_id

-- case: smartwatt: created_at of the real table alone
SELECT prediction_id, created_at FROM ai_predictions WHERE created_at >= '2025-03-01' ORDER BY created_at, prediction_id

-- case: smartwatt: created_at of the legacy table alone
SELECT feedback_id, created_at FROM feedback_log WHERE created_at >= '2025-03-01' ORDER BY created_at, feedback_id

-- case: smartwatt: created_at unqualified over both is ambiguous
SELECT feedback_id, created_at FROM feedback_log JOIN ai_predictions ON ai_predictions.user_id = feedback_log.user_id

-- case: smartwatt: created_at unqualified is the one in scope
SELECT feedback_id, (SELECT max(created_at) FROM ai_predictions WHERE user_id = f.user_id) AS last_prediction, created_at
FROM feedback_log f WHERE feedback_id < 'f-0040' ORDER BY feedback_id

-- case: smartwatt: created_at in a subquery without such a column is the outer one
SELECT feedback_id FROM feedback_log
WHERE EXISTS (SELECT 1 FROM consumption_log c WHERE c.user_id = feedback_log.user_id AND c.timestamp > created_at AND c.consumption_kwh > 29)
ORDER BY feedback_id

-- case: smartwatt: predicted against measured
SELECT p.user_id, p.prediction_type, p.predicted_consumption, m.measured
FROM ai_predictions p
JOIN (SELECT user_id, SUM(consumption_kwh) AS measured FROM consumption_log GROUP BY user_id) m ON m.user_id = p.user_id
WHERE p.predicted_consumption IS NOT NULL
ORDER BY p.prediction_id

-- case: smartwatt: predictions without a number
SELECT prediction_id FROM ai_predictions WHERE predicted_consumption IS NULL ORDER BY prediction_id

-- case: smartwatt: predictions in a range
SELECT prediction_id, predicted_consumption FROM ai_predictions
WHERE predicted_consumption BETWEEN 100 AND 200.5 ORDER BY predicted_consumption, prediction_id

-- case: smartwatt: a three-way join by name
SELECT consumption_log.user_id, record_date, rating, predicted_consumption
FROM consumption_log
JOIN feedback_log ON feedback_log.user_id = consumption_log.user_id
JOIN ai_predictions ON ai_predictions.user_id = feedback_log.user_id
WHERE record_date = '2025-01-01' AND rating <> 3 AND predicted_consumption < 100
ORDER BY 1, 2, 3, 4

-- case: smartwatt: tariffs by hour of the reading
SELECT c.log_id, EXTRACT(hour FROM c.timestamp AT TIME ZONE 'UTC') AS hour, t.price_kwh, c.consumption_kwh * t.price_kwh AS price
FROM consumption_log c
JOIN market_electricity_tariffs t
  ON t.tariff_zone = c.tariff_zone AND t.hour_of_day = EXTRACT(hour FROM c.timestamp AT TIME ZONE 'UTC')
 AND t.valid_from = date_trunc('year', c.record_date)::date
WHERE c.user_id = 'user-012' ORDER BY c.log_id

-- case: smartwatt: the unmapped table alone
SELECT tariff_name, count(*), avg(price_kwh) FROM market_electricity_tariffs GROUP BY tariff_name ORDER BY tariff_name

-- case: smartwatt: timestamp as column, as type and as literal
SELECT timestamp, timestamp::timestamp, timestamp '2025-01-01 00:00:00' AS t0, CAST(timestamp AS timestamp) AS c
FROM consumption_log WHERE timestamp > timestamp '2025-03-20' ORDER BY log_id

-- case: smartwatt: two outputs called timestamp cannot be ordered by
SELECT timestamp, timestamp::timestamp FROM consumption_log ORDER BY timestamp, log_id

-- case: smartwatt: timestamp as a function's argument
SELECT date(timestamp), EXTRACT(epoch FROM timestamp), date_part('dow', timestamp), to_char(timestamp, 'YYYY-MM-DD "timestamp"')
FROM consumption_log WHERE log_id < 50 ORDER BY log_id

-- case: smartwatt: the words inside of strings and JSON keys
SELECT meta->>'rating' AS rating, meta->'timestamp', meta ? 'consumption_kwh', 'consumption_kwh' AS label
FROM consumption_log WHERE device_id = 'timestamp' OR meta->>'consumption_kwh' = '5' ORDER BY log_id

-- case: smartwatt: comments that contain the words
SELECT feedback_id, comments, rating FROM feedback_log WHERE comments LIKE '%rating%' AND feedback_type = 'timestamp' ORDER BY feedback_id

-- case: smartwatt: prediction type called rating
SELECT prediction_type, count(predicted_consumption) FROM ai_predictions WHERE prediction_type = 'rating' GROUP BY prediction_type

-- case: smartwatt: users who rate and consume
WITH rated AS (
    SELECT user_id, AVG(rating) AS rating FROM feedback_log GROUP BY user_id
), used AS (
    SELECT user_id, SUM(consumption_kwh) AS consumption_kwh FROM consumption_log GROUP BY user_id
)
SELECT user_id, rating, consumption_kwh FROM rated JOIN used USING (user_id) ORDER BY user_id

-- case: smartwatt: left join keeps those without feedback
SELECT c.user_id, count(f.rating) AS rated, count(*) AS total
FROM (SELECT DISTINCT user_id FROM consumption_log) c LEFT JOIN feedback_log f ON f.user_id = c.user_id
GROUP BY c.user_id ORDER BY c.user_id

-- case: smartwatt: a rating from the missing side of a join is null
SELECT c.user_id, f.rating, f.rating IS NULL AS missing
FROM (SELECT DISTINCT user_id FROM consumption_log) c LEFT JOIN feedback_log f ON f.user_id = c.user_id AND f.feedback_type = 'tariff'
ORDER BY c.user_id, f.feedback_id

-- case: smartwatt: a rating from the missing side in a condition
SELECT p.prediction_id, f.rating
FROM ai_predictions p LEFT JOIN feedback_log f ON f.user_id = p.user_id AND f.created_at::date = p.created_at::date
WHERE f.rating IS NULL OR f.rating = 3
ORDER BY p.prediction_id, f.feedback_id

-- case: smartwatt: full join with coalesce
SELECT COALESCE(c.record_date, f.day) AS day, c.kwh, f.rating
FROM (SELECT record_date, SUM(consumption_kwh) AS kwh FROM consumption_log GROUP BY record_date) c
FULL JOIN (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, AVG(rating) AS rating FROM feedback_log GROUP BY 1) f
  ON f.day = c.record_date
ORDER BY day NULLS FIRST, c.kwh

-- case: smartwatt: running total by window
SELECT log_id, record_date, consumption_kwh, SUM(consumption_kwh) OVER (PARTITION BY record_date ORDER BY timestamp, log_id) AS so_far
FROM consumption_log WHERE user_id = 'user-020' ORDER BY timestamp NULLS FIRST, log_id

-- case: smartwatt: named window over legacy names
SELECT log_id, rank() OVER w, lag(total_cost) OVER w, first_value(record_date) OVER w
FROM consumption_log WHERE user_id = 'user-029'
WINDOW w AS (PARTITION BY tariff_zone ORDER BY consumption_kwh DESC NULLS LAST, log_id) ORDER BY log_id

-- case: smartwatt: the last feedback of each user
SELECT DISTINCT ON (user_id) user_id, rating, feedback_type, created_at FROM feedback_log ORDER BY user_id, created_at DESC NULLS LAST, feedback_id

-- case: smartwatt: distinct ratings
SELECT DISTINCT rating FROM feedback_log ORDER BY rating

-- case: smartwatt: distinct days in an order
SELECT DISTINCT record_date FROM consumption_log ORDER BY record_date DESC NULLS LAST LIMIT 20

-- case: smartwatt: rating in every comparison
SELECT count(*) FILTER (WHERE rating = 4) AS good, count(*) FILTER (WHERE rating <> 4) AS notgood, count(*) FILTER (WHERE NOT (rating = 4)) AS notgood2,
       count(*) FILTER (WHERE rating IN (2, 3)) AS lower, count(*) FILTER (WHERE rating NOT IN (2, 4)) AS unknown,
       count(*) FILTER (WHERE rating > 3) AS above, count(*) FILTER (WHERE rating IS NULL) AS nulls,
       count(*) FILTER (WHERE rating IS DISTINCT FROM 3) AS said, count(*) FILTER (WHERE rating = 5) AS five
FROM feedback_log

-- case: smartwatt: unknown feedback is a three, not a null
SELECT feedback_id, rating FROM feedback_log WHERE NOT (rating = 4) AND NOT (rating = 2) ORDER BY feedback_id

-- case: smartwatt: rating in arithmetic
SELECT feedback_id, rating * 20 AS percent, rating / 2, -rating, rating % 3, rating::text || '/5' FROM feedback_log ORDER BY feedback_id LIMIT 25

-- case: smartwatt: rating inside a case
SELECT CASE rating WHEN 4 THEN 'good' WHEN 2 THEN 'bad' ELSE 'unknown' END AS verdict, count(*) FROM feedback_log GROUP BY 1 ORDER BY 1

-- case: smartwatt: union of both services' events
SELECT user_id, created_at AS at, 'feedback' AS kind, rating::double precision AS value FROM feedback_log
UNION ALL
SELECT user_id, created_at, 'prediction', predicted_consumption FROM ai_predictions
UNION ALL
SELECT user_id, timestamp, 'reading', consumption_kwh FROM consumption_log WHERE log_id < 100
ORDER BY at NULLS LAST, kind, user_id, value

-- case: smartwatt: ids in one and not in the other
SELECT user_id FROM feedback_log WHERE rating = 2 EXCEPT SELECT user_id FROM consumption_log WHERE consumption_kwh > 29.5 ORDER BY user_id

-- case: smartwatt: percentile of consumption
SELECT tariff_zone, percentile_cont(0.5) WITHIN GROUP (ORDER BY consumption_kwh) AS median,
       mode() WITHIN GROUP (ORDER BY record_date) AS busiest
FROM consumption_log GROUP BY tariff_zone ORDER BY tariff_zone

-- case: smartwatt: grouping sets over legacy names
SELECT record_date, tariff_zone, SUM(consumption_kwh), GROUPING(record_date, tariff_zone) AS g
FROM consumption_log WHERE record_date BETWEEN '2025-01-01' AND '2025-01-03'
GROUP BY GROUPING SETS ((record_date, tariff_zone), (record_date), ()) ORDER BY record_date NULLS LAST, tariff_zone NULLS LAST

-- case: smartwatt: rollup and cube
SELECT rating, feedback_type, count(*) FROM feedback_log GROUP BY ROLLUP (rating, feedback_type)
UNION ALL
SELECT rating, feedback_type, count(*) FROM feedback_log GROUP BY CUBE (feedback_type, rating)

-- case: smartwatt: aggregates with their own order
SELECT user_id, array_agg(rating ORDER BY created_at, feedback_id) AS ratings, string_agg(feedback_type, ',' ORDER BY rating DESC, feedback_id) AS types
FROM feedback_log GROUP BY user_id ORDER BY user_id

-- case: smartwatt: json built from legacy names
SELECT json_build_object('rating', rating, 'created_at', created_at, 'feedback_type', feedback_type) FROM feedback_log ORDER BY feedback_id LIMIT 20

-- case: smartwatt: lateral last prediction
SELECT f.feedback_id, f.rating, p.predicted_consumption
FROM feedback_log f
LEFT JOIN LATERAL (
    SELECT predicted_consumption FROM ai_predictions WHERE user_id = f.user_id AND created_at <= f.created_at
    ORDER BY created_at DESC, prediction_id LIMIT 1
) p ON true
WHERE f.rating <= 3 ORDER BY f.feedback_id

-- case: smartwatt: the question by parameters
-- $1 = text user-026
-- $2 = date 2025-01-01
SELECT log_id, consumption_kwh, record_date FROM consumption_log WHERE user_id = $1 AND record_date >= $2 ORDER BY log_id

-- case: smartwatt: rating by parameter
-- $1 = int4 4
SELECT feedback_id, rating FROM feedback_log WHERE rating = $1 ORDER BY feedback_id

-- case: smartwatt: rating by an undeclared parameter
-- $1 = unknown 2
SELECT count(*) FROM feedback_log WHERE rating = $1

-- case: smartwatt: prediction by an undeclared parameter
-- $1 = unknown 250.5
SELECT prediction_id FROM ai_predictions WHERE predicted_consumption > $1 ORDER BY prediction_id

-- case: smartwatt: day and instant by undeclared parameters
-- $1 = unknown 2025-01-01
-- $2 = unknown 2025-01-01 12:00:00+00
SELECT log_id, timestamp FROM consumption_log WHERE record_date = $1 AND timestamp < $2 ORDER BY log_id

-- case: smartwatt: all columns of the feedback
SELECT * FROM feedback_log ORDER BY feedback_id

-- case: smartwatt: all columns of the readings
SELECT * FROM consumption_log WHERE log_id <= 60 ORDER BY log_id

-- case: smartwatt: all columns of the predictions
SELECT * FROM ai_predictions ORDER BY prediction_id

-- case: smartwatt: all columns of one side
SELECT f.*, p.prediction_id FROM feedback_log f JOIN ai_predictions p USING (user_id) WHERE p.prediction_id < 'p-0050' ORDER BY p.prediction_id, f.feedback_id

-- case: smartwatt: nothing found
SELECT rating, created_at FROM feedback_log WHERE rating = 99

-- case: smartwatt: limit by subquery and offset
SELECT log_id, record_date FROM consumption_log ORDER BY record_date NULLS FIRST, log_id LIMIT (SELECT count(DISTINCT rating) FROM feedback_log) OFFSET 5
