-- Trap 26: a parameter has the type that the legacy column had.

-- case: parameters: equal to an expression column
-- traps: 26
-- $1 = unknown 4
SELECT id, rating FROM solver WHERE rating = $1 ORDER BY id

-- case: parameters: declared as the legacy type
-- traps: 26
-- $1 = int4 2
SELECT id FROM solver WHERE rating = $1 ORDER BY id

-- case: parameters: declared as a wider type
-- traps: 26
-- $1 = int8 2
SELECT id FROM solver WHERE rating = $1 ORDER BY id

-- case: parameters: declared as text
-- traps: 26
-- $1 = text 2
SELECT id FROM solver WHERE rating = $1 ORDER BY id

-- case: parameters: null
-- traps: 26
-- $1 = unknown NULL
SELECT id FROM solver WHERE predicted_consumption = $1 OR predicted_consumption IS NOT DISTINCT FROM $1 ORDER BY id

-- case: parameters: compared with a json value
-- traps: 26
-- $1 = unknown 10.5
SELECT id FROM solver WHERE predicted_consumption = $1 ORDER BY id

-- case: parameters: compared with a numeric json value
-- traps: 26
-- $1 = unknown 3.5
SELECT id, cost FROM solver WHERE cost >= $1 ORDER BY id

-- case: parameters: compared with a day
-- traps: 26
-- $1 = unknown 2025-01-01
SELECT id FROM solver WHERE record_date = $1 ORDER BY id

-- case: parameters: compared with a day, declared
-- traps: 26
-- $1 = date 2025-01-01
SELECT id FROM solver WHERE record_date >= $1 ORDER BY id

-- case: parameters: compared with a day, declared as a timestamp
-- traps: 26
-- $1 = timestamptz 2025-01-01 12:00:00+00
SELECT id FROM solver WHERE record_date >= $1 ORDER BY id

-- case: parameters: compared with an instant
-- traps: 26
-- $1 = unknown 2025-01-01 00:00:00+00
SELECT id FROM solver WHERE timestamp <= $1 ORDER BY id

-- case: parameters: one for the day and the instant
-- traps: 26
-- $1 = unknown 2025-01-01
SELECT id FROM solver WHERE record_date = $1 AND timestamp >= $1 ORDER BY id

-- case: parameters: one for the instant and the day
-- traps: 26
-- $1 = unknown 2025-01-01
SELECT id FROM solver WHERE timestamp >= $1 AND record_date = $1 ORDER BY id

-- case: parameters: compared with constants
-- traps: 26
-- $1 = unknown 1
-- $2 = unknown web
SELECT id FROM solver WHERE version = $1 AND channel = $2 ORDER BY id

-- case: parameters: in a list
-- traps: 26
-- $1 = unknown 4
-- $2 = unknown 5
SELECT id FROM solver WHERE rating IN ($1, $2) ORDER BY id

-- case: parameters: any of an array
-- traps: 26
-- $1 = unknown {2,5}
SELECT id FROM solver WHERE rating = ANY($1) ORDER BY id

-- case: parameters: any of an array, declared
-- traps: 26
-- $1 = int4[] {4,5}
SELECT id FROM solver WHERE rating = ANY($1) ORDER BY id

-- case: parameters: between
-- traps: 26
-- $1 = unknown 2024-12-31
-- $2 = unknown 2025-01-01
SELECT id FROM solver WHERE record_date BETWEEN $1 AND $2 ORDER BY id

-- case: parameters: with a cast
-- traps: 26
-- $1 = unknown 2025-01-01
SELECT id FROM solver WHERE record_date = $1::date AND timestamp > $1::timestamp ORDER BY id

-- case: parameters: coalesced with the column
-- traps: 26
-- $1 = unknown 3
SELECT id, coalesce(predicted_consumption, $1) FROM solver ORDER BY id

-- case: parameters: inside of a case
-- traps: 26
-- $1 = unknown 4
-- $2 = unknown good
SELECT id, CASE rating WHEN $1 THEN $2 ELSE note END FROM solver ORDER BY id

-- case: parameters: added to the column
-- traps: 26
-- $1 = unknown 1
SELECT id, rating + $1, record_date + $1 FROM solver ORDER BY id

-- case: parameters: in the select list alone
-- traps: 26
-- $1 = unknown rating
SELECT $1, rating FROM solver ORDER BY id

-- case: parameters: used twice in list and group
-- traps: 25, 26
-- $1 = int4 1
SELECT rating + $1, count(*) FROM solver GROUP BY rating + $1 ORDER BY rating + $1

-- case: parameters: in limit and offset
-- traps: 26
-- $1 = unknown 3
-- $2 = unknown 1
SELECT id, rating FROM solver ORDER BY rating, id LIMIT $1 OFFSET $2

-- case: parameters: numbered out of order
-- traps: 26
-- $1 = unknown web
-- $2 = unknown 4
SELECT id FROM solver WHERE rating = $2 AND channel = $1 ORDER BY id

-- case: parameters: one is never used
-- traps: 26
-- $1 = int4 1
-- $2 = unknown 4
SELECT id FROM solver WHERE rating = $2 ORDER BY id

-- case: parameters: compared with renamed columns
-- traps: 26
-- $1 = unknown Quito
-- $2 = unknown active
SELECT full_name, phone_number FROM customers WHERE city = $1 AND status = $2 ORDER BY id

-- case: parameters: like
-- traps: 26
-- $1 = unknown %ñ%
SELECT full_name FROM customers WHERE full_name ILIKE $1 ORDER BY id

-- case: parameters: compared with a varchar of limited length
-- traps: 26
-- $1 = unknown ana
SELECT id, name FROM gadget WHERE name = $1

-- case: parameters: compared with a float4
-- traps: 26
-- $1 = unknown 1.5
SELECT id FROM gadget WHERE predicted_consumption_over_the_whole_winter_season_in_kilowatth = $1

-- case: parameters: in a subquery's condition
-- traps: 26
-- $1 = unknown 4
SELECT id FROM cons WHERE run_id IN (SELECT id FROM solver WHERE rating = $1 AND record_date IS NOT NULL) ORDER BY id

-- case: parameters: in a CTE and outside
-- traps: 26
-- $1 = unknown 4
WITH w AS (SELECT id, rating FROM solver WHERE rating = $1) SELECT id FROM w WHERE rating = $1 ORDER BY id

-- case: parameters: not a number for the rating
-- traps: 26
-- $1 = unknown good
SELECT id FROM solver WHERE rating = $1

-- case: parameters: not a date for the day
-- traps: 26
-- $1 = unknown soon
SELECT id FROM solver WHERE record_date = $1

-- case: parameters: a type that cannot be found out
-- traps: 26
-- $1 = unknown x
SELECT id FROM solver WHERE $1 IS NULL

-- case: parameters: a cast that gives the type, in the list
-- traps: 26
-- $1 = unknown 7
SELECT $1::int AS rating, rating FROM solver WHERE id = $1 ORDER BY id

-- case: parameters: as json
-- traps: 26
-- $1 = jsonb {"rating": 4}
SELECT id FROM cons WHERE payload @> $1 ORDER BY id

-- case: parameters: a question mark is an operator
-- traps: 26
-- $1 = unknown rating
SELECT id, payload ? $1 FROM cons ORDER BY id

-- case: parameters: a dollar in a name and in a string
-- traps: 26
-- $1 = unknown 4
SELECT id AS a$1, '$1', $$ $1 $$ FROM solver WHERE rating = $1 ORDER BY id

-- case: parameters: with unicode before them
-- traps: 26
-- $1 = unknown größer als 'x'
SELECT '日本語 🙂' AS "größe", id FROM solver WHERE note = $1

-- case: parameters: a day beside a list of column aliases
-- $1 = unknown 2025-01-01
SELECT x.a, x.c, x.d FROM solver AS x (a, b, c, d) WHERE x.c = $1 ORDER BY 1

-- case: parameters: numbers beside a list of column aliases
-- $1 = unknown 10
-- $2 = unknown 20000
SELECT x.a, x.b FROM plant AS x (a, b) WHERE $1 < x.b AND x.b <= $2 ORDER BY 1

-- case: parameters: one that stands elsewhere, too
-- $1 = unknown 2025-01-01
SELECT x.a, $1::text FROM solver AS x (a, b, c), LATERAL (SELECT 1) z WHERE x.c = $1 ORDER BY 1

-- case: parameters: one that stands elsewhere and is a day there
-- $1 = unknown 2025-01-01
SELECT x.a, $1::date + 1 FROM solver AS x (a, b, c) WHERE x.c = $1 OR x.c > $1 ORDER BY 1

-- case: parameters: arrays
-- $1 = unknown {2025-01-01,2024-12-31}
-- $2 = unknown {4,5}
-- $3 = unknown {running,stopped,NULL}
-- $4 = unknown {12500,-7250.00}
SELECT s.id, p.id FROM solver s LEFT JOIN plant p ON p.id = s.id AND state = ANY ($3) AND power_w = ANY ($4) WHERE record_date = ANY ($1) AND rating = ANY ($2) ORDER BY 1

-- case: parameters: arrays under not and all
-- $1 = unknown {2025-01-01,NULL}
-- $2 = unknown {}
SELECT id, record_date <> ALL ($1), NOT record_date = ANY ($1), state FROM solver JOIN plant USING (id) WHERE NOT state = ANY ($2) AND NOT (record_date = ANY ($1) AND id > 1) ORDER BY 1

-- case: parameters: arrays beside a list of column aliases
-- $1 = unknown {2025-01-01,2024-12-31}
SELECT x.a FROM solver AS x (a, b, c) WHERE x.c = ANY ($1) ORDER BY 1
