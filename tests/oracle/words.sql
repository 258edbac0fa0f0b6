-- Traps 28 to 30, 38 and 49: the same letters as a legacy name, and not that name; and the name in other letters.

-- case: words: a literal of type timestamp
-- traps: 28
SELECT timestamp '2025-01-01 10:00:00', timestamp(0) '2025-01-01 10:00:00.6', timestamp with time zone '2025-01-01 00:00:00+00' FROM solver WHERE id = 1

-- case: words: casts to timestamp
-- traps: 28
SELECT id, timestamp::timestamp, timestamp::timestamp(3), CAST(timestamp AS timestamp without time zone), timestamp::date FROM solver ORDER BY id

-- case: words: casts of timestamp to its own type
-- traps: 28
SELECT timestamp::timestamptz, timestamp::timestamp with time zone, timestamp::text FROM solver ORDER BY id

-- case: words: at time zone
-- traps: 28
SELECT timestamp AT TIME ZONE 'UTC', (timestamp AT TIME ZONE 'America/Lima')::timestamp FROM solver ORDER BY id

-- case: words: timestamp minus an interval, called timestamp
-- traps: 28
SELECT timestamp - interval '1 day' AS timestamp FROM solver ORDER BY timestamp, id

-- case: words: functions of timestamp
-- traps: 28
SELECT date(timestamp), EXTRACT(epoch FROM timestamp), EXTRACT(timezone FROM timestamp), date_trunc('hour', timestamp), age(timestamp, timestamp '2025-01-01') FROM solver ORDER BY id

-- case: words: timestamp qualified
-- traps: 28
SELECT s.timestamp, s."timestamp" FROM solver s WHERE s.timestamp > timestamp '2025-01-01 00:00:00' ORDER BY s.timestamp, s.id

-- case: words: between timestamps
-- traps: 28
SELECT id FROM solver WHERE timestamp BETWEEN timestamp '2024-12-31' AND timestamp '2025-01-01' ORDER BY id

-- case: words: timestamp compared with timestamp
-- traps: 28
SELECT a.id, b.id FROM solver a JOIN solver b ON a.timestamp = b.timestamp AND a.id < b.id ORDER BY 1

-- case: words: overlaps
-- traps: 28
SELECT id FROM solver WHERE (timestamp, interval '1 hour') OVERLAPS (timestamp '2025-01-01 00:30:00', timestamp '2025-01-01 23:45:00') ORDER BY id

-- case: words: an array of timestamps
-- traps: 28
SELECT ARRAY[timestamp '2025-01-01', timestamp '2025-01-02']::timestamp[], array_agg(timestamp ORDER BY id)::timestamp[] FROM solver

-- case: words: value, name and label as columns
-- traps: 28
SELECT value, name, label, size FROM gadget ORDER BY value NULLS LAST

-- case: words: value and name in expressions
-- traps: 28
SELECT value + size, name || label, value::name, 'x'::name AS name FROM gadget ORDER BY id

-- case: words: json keys
-- traps: 29
SELECT payload->>'rating', payload->'predicted'->>'consumption', payload ? 'rating' FROM cons ORDER BY id

-- case: words: strings of every kind
-- traps: 29
SELECT 'rating', E'rating\n', $$rating$$, $q$ rating $q$, U&'r\0061ting', B'101', X'1F', N'rating', 'ra' 
    'ting', rating FROM solver WHERE id = 1

-- case: words: a string with quotes, backslashes and dollars
-- traps: 29
SELECT 'it''s rating', E'it\'s rating', 'back\slash rating', '$$', $a$ $b$ rating $b$ $a$, rating FROM solver WHERE id = 2

-- case: words: strings without standard conformance
-- traps: 29
-- set: SET standard_conforming_strings = off
-- set: SET escape_string_warning = off
SELECT 'it\'s rating', rating, 'x\\' FROM solver WHERE note <> 'a\'' ORDER BY id

-- case: words: comments of every kind
-- traps: 29
SELECT /* rating /* nested rating */ still */ rating -- rating, id
FROM /* solver */ solver -- WHERE rating = 2
WHERE rating /* = 2 */ = 4 ORDER BY id -- rating

-- case: words: comments instead of spaces
-- traps: 29
SELECT/**/rating/**/,/**/s/**/./**/record_date/**/FROM/**/solver/**/s/**/WHERE/**/rating=4/**/ORDER/**/BY/**/s/**/.id

-- case: words: spaces and line ends inside of a qualified name
-- traps: 29
SELECT s .
   rating, s
   . record_date	FROM solver	s
ORDER BY s . id

-- case: words: jsonb_build_object of itself
-- traps: 29
SELECT jsonb_build_object('rating', rating, 'timestamp', timestamp, 'x', 'rating') FROM solver ORDER BY id

-- case: words: a json path as text
-- traps: 29
SELECT jsonb_path_query_first(payload, '$.rating'), payload #>> '{rating}', payload @> '{"rating": 4}' FROM cons ORDER BY id

-- case: words: patterns
-- traps: 29
SELECT id, note FROM solver WHERE note LIKE 'rating%' OR note ~ 'timestamp' OR note SIMILAR TO '%quoted%' ORDER BY id

-- case: words: named arguments
-- traps: 30
SELECT doubled(rating => 1), doubled(rating := 2, plus => 3), doubled(plus => rating, rating => id) FROM solver ORDER BY id

-- case: words: a function's argument called like the column
-- traps: 30
SELECT doubled(rating), doubled(rating, plus => version), doubled(plus => 1, rating => rating) FROM solver ORDER BY id

-- case: words: a column definition list
-- traps: 30
SELECT x.rating, x.record_date FROM jsonb_to_recordset('[{"rating": 1, "record_date": "2025-01-01"}, {"rating": 2}]') AS x(rating int, record_date date) ORDER BY x.rating

-- case: words: a column definition list beside the table
-- traps: 30
SELECT x.rating, s.rating FROM solver s, jsonb_to_record('{"rating": 4}') AS x(rating int) WHERE x.rating = s.rating ORDER BY s.id

-- case: words: json_to_recordset with an unqualified name
-- traps: 30
SELECT rating FROM jsonb_to_recordset('[{"rating": 1}]') AS x(rating int)

-- case: words: a window called like the column
-- traps: 30
SELECT id, sum(rating) OVER rating FROM solver WINDOW rating AS (ORDER BY rating, id) ORDER BY id

-- case: words: a label called like the column
-- traps: 30
SELECT 5 AS rating, 'x' AS record_date FROM solver WHERE rating = 4

-- case: words: a label called like the column, from another column
-- traps: 30
SELECT note AS rating, id AS "timestamp" FROM solver ORDER BY id

-- case: words: a field of a composite
-- traps: 30
SELECT (comp).rating, (comp)."timestamp", (boxes.comp).rating FROM boxes ORDER BY id

-- case: words: a composite beside the table
-- traps: 30
SELECT s.rating, (b.comp).rating FROM solver s JOIN boxes b ON b.id = s.id ORDER BY s.id

-- case: words: a cast to a composite and its field
-- traps: 30
SELECT (ROW(7, timestamp)::reading).rating, (ROW(rating, timestamp)::reading)."timestamp" FROM solver ORDER BY id

-- case: words: a row of a type called like nothing legacy
-- traps: 30
SELECT ROW(rating, timestamp)::reading::text FROM solver ORDER BY id

-- case: words: capital letters
-- traps: 38
SELECT Rating, RECORD_DATE, Solver.Predicted_Consumption FROM SOLVER WHERE RaTiNg = 4 ORDER BY ID

-- case: words: quoted in the letters as stored
-- traps: 38
SELECT "rating", "solver"."record_date", "timestamp" FROM "solver" ORDER BY "id"

-- case: words: quoted in other letters is another name
-- traps: 38
SELECT "Rating" FROM solver

-- case: words: quoted table in other letters is another table
-- traps: 38
SELECT rating FROM "Solver"

-- case: words: a unicode-escaped name
-- traps: 38
SELECT U&"r\0061ting", s.U&"record\005Fdate" FROM solver s ORDER BY id

-- case: words: a unicode-escaped name with its own escape
-- traps: 38
SELECT U&"r!0061ting" UESCAPE '!' FROM U&"s!006Flver" UESCAPE '!' ORDER BY id

-- case: words: names that need quotes
-- traps: 38
SELECT "Größe", "user", "select", "order by", "Timestamp" FROM "Meßwert" ORDER BY id

-- case: words: names that need quotes, qualified
-- traps: 38
SELECT "Meßwert"."Größe", m."user", m."select" + 1, m."order by" || '!' FROM "Meßwert" JOIN "Meßwert" m USING (id) WHERE m."Größe" > 1 ORDER BY m."select", id

-- case: words: the keyword user is not the column
-- traps: 38
SELECT user = current_user, "user" FROM "Meßwert" ORDER BY id

-- case: words: non-ASCII letters unquoted
-- traps: 38
SELECT Größe FROM "Meßwert"

-- case: words: capitals of a quoted name unquoted
-- traps: 38
SELECT Timestamp FROM "Meßwert"

-- case: words: plain names of columns that need quotes now
-- traps: 38
SELECT id, size, label, value, name FROM gadget WHERE size = 5 OR label = 'three' ORDER BY value DESC NULLS LAST

-- case: words: plain names of columns that need quotes now, grouped
-- traps: 38
SELECT size, count(label), max(g.value) FROM gadget g GROUP BY size, g.name ORDER BY size, g.name

-- case: words: a name of 63 bytes
-- traps: 38
SELECT predicted_consumption_over_the_whole_winter_season_in_kilowatth FROM gadget ORDER BY id

-- case: words: a name of more than 63 bytes is cut
-- traps: 38
-- notices: any
SELECT predicted_consumption_over_the_whole_winter_season_in_kilowatthours, g."predicted_consumption_over_the_whole_winter_season_in_kilowatthours and more" FROM gadget g ORDER BY id

-- case: words: a hint comment before the statement
-- traps: 49
/*+ IndexScan(solver) */ SELECT rating FROM solver WHERE id = 3

-- case: words: sqlcommenter's tags after the statement
-- traps: 49
SELECT rating FROM solver WHERE id = 3 /*action='rating',controller='solver',traceparent='00-0123-4567-01'*/

-- case: words: a comment after the semicolon
-- traps: 49
SELECT rating FROM solver WHERE id = 3; -- rating

-- case: words: only a comment
-- traps: 49
-- rating FROM solver
SELECT 1 /* solver.rating */

-- case: words: nothing but spaces and a comment
  -- SELECT rating FROM solver

-- case: words: an empty statement between two
-- protocol: simple
SELECT rating FROM solver WHERE id = 1;; SELECT record_date FROM solver WHERE id = 1;

-- case: words: tabs, carriage returns and form feeds
SELECT	rating,
	record_date FROM solver ORDER BY id

-- case: words: operators glued to names
-- traps: 39
SELECT -rating,+rating,rating-rating,rating*-rating,@rating,rating<>4,rating!=2,-solver.rating FROM solver ORDER BY id

-- case: words: a cast after a mapped expression
-- traps: 39
SELECT rating::text, -rating::numeric, record_date::text::date, predicted_consumption::int::text, cost::money::text FROM solver WHERE predicted_consumption IS NOT NULL ORDER BY id

-- case: words: precedence around a mapped expression
-- traps: 39
SELECT rating * 2 + rating, rating ^ 2, NOT rating = 4 AND true, rating BETWEEN 2 AND 3, rating IN (4), rating = 4 IS TRUE FROM solver ORDER BY id

-- case: words: is tests of a mapped expression
-- traps: 39
SELECT rating IS NULL, rating IS NOT NULL, predicted_consumption IS NULL, record_date IS DISTINCT FROM NULL, version ISNULL, cost NOTNULL FROM solver ORDER BY id

-- case: words: collate, like and escape after a mapped constant
-- traps: 39
SELECT channel COLLATE "C" < 'x', channel LIKE 'w%', channel ILIKE 'W_B', channel NOT LIKE 'w!%' ESCAPE '!', channel ~ '^w' FROM solver ORDER BY id

-- case: words: a subscript after a mapped expression
-- traps: 39
SELECT (string_to_array(channel, 'e'))[1], (regexp_split_to_array(status, 'i'))[1] FROM solver JOIN customers USING (id) ORDER BY id

-- case: words: at time zone after a mapped date
-- traps: 39
SELECT record_date + 1, record_date - record_date, record_date + interval '1 hour', record_date AT TIME ZONE 'UTC', EXTRACT(doy FROM record_date) FROM solver ORDER BY id

-- case: words: a date compared with everything
-- traps: 23
SELECT id FROM solver WHERE record_date = '2025-01-01' OR record_date > '2025-03-01' OR record_date IN ('2024-02-29', '1999-12-31') ORDER BY id

-- case: words: days before and up to
-- traps: 23
SELECT count(*) FILTER (WHERE record_date <= '2024-12-31') AS upto, count(*) FILTER (WHERE record_date < '2025-01-01') AS before, count(*) FILTER (WHERE record_date >= '2025-01-01') AS since,
       count(*) FILTER (WHERE record_date <> '2025-01-01') AS other, count(*) FILTER (WHERE record_date IS DISTINCT FROM '2025-01-01') AS others,
       count(*) FILTER (WHERE record_date NOT BETWEEN '2025-01-01' AND '2025-01-02') AS outside, count(*) FILTER (WHERE record_date = 'infinity') AS never FROM solver

-- case: words: days in another zone of the session
-- traps: 23
-- set: SET TimeZone = 'Pacific/Auckland'
SELECT id, record_date FROM solver WHERE record_date = '2025-01-01' OR '2024-12-31' >= record_date ORDER BY id

-- case: words: days compared with a timestamp
-- traps: 23
SELECT id FROM solver WHERE record_date < timestamp '2025-01-01 12:00:00' AND record_date >= timestamptz '2024-12-31 00:00:00+00' ORDER BY id

-- case: words: days compared with today
-- traps: 23
SELECT count(*) FROM solver WHERE record_date < CURRENT_DATE AND timestamp < now()

-- case: words: a day and a computed one
-- traps: 23
SELECT id FROM solver WHERE record_date = timestamp::date + 0 AND record_date + 1 > '2025-01-02' ORDER BY id

-- case: words: date style of the session
-- traps: 23
-- set: SET DateStyle = 'German, DMY'
SELECT record_date, timestamp FROM solver WHERE record_date = '1.2.2025' OR record_date = '01.01.2025' ORDER BY id

-- case: words: merge inserts by position
-- rollback
-- same-or-refused
MERGE INTO swapped USING (VALUES (60)) q(i) ON swapped.id = q.i WHEN NOT MATCHED THEN INSERT VALUES (q.i, q.i + 1, q.i + 2, 'm')
-- then
SELECT id, a, b FROM swapped ORDER BY id

-- case: words: columns by the position of an alias
-- rollback
-- same-or-refused
CREATE TEMP TABLE sink ON COMMIT DROP AS SELECT 0 AS k, 0 AS m; INSERT INTO sink SELECT k, m FROM swapped q(i, k, m, c)
-- then
SELECT k, m FROM sink ORDER BY k, m

-- case: words: columns by the position of a join's alias
-- rollback
-- same-or-refused
INSERT INTO archive.swapped (id, a, b) SELECT j.i + 100, j.k, j.m FROM (swapped CROSS JOIN (SELECT 1 AS one) o) AS j(i, k, m, c, one)
-- then
SELECT id, a, b FROM archive.swapped ORDER BY id

-- case: words: a natural join in a write
-- rollback
-- same-or-refused
INSERT INTO archive.swapped (id, a) SELECT 500, count(*) FROM swapped NATURAL JOIN (SELECT 1 AS id, 11 AS a) x
-- then
SELECT id, a FROM archive.swapped ORDER BY id

-- case: words: excluded as a row
-- rollback
-- same-or-refused
INSERT INTO swapped (id, c) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET c = to_json(excluded)::text
-- then
SELECT c FROM swapped ORDER BY id

-- case: words: a row by the alias behind a star
-- rollback
-- same-or-refused
INSERT INTO archive.swapped (id, d) SELECT q.id + 200, row_to_json(q)::text FROM swapped * AS q
-- then
SELECT id, d FROM archive.swapped ORDER BY id

-- case: words: table only in a write
-- rollback
-- same-or-refused
INSERT INTO archive.swapped (id, a) SELECT 300 + max(k), max(l) FROM (TABLE ONLY swapped) q(i, k, l)
-- then
SELECT id, a FROM archive.swapped ORDER BY id

-- case: words: values in parentheses are no list of columns
-- rollback
-- same-or-refused
INSERT INTO swapped (VALUES (50, 61, 62, 'v'))
-- then
SELECT id, a, b FROM swapped ORDER BY id

-- case: words: nor is a query in parentheses
-- rollback
-- same-or-refused
INSERT INTO swapped ((SELECT 100, 5, 6, NULL::text))
-- then
SELECT id, a, b FROM swapped ORDER BY id

-- case: words: a table with a column of the row type
-- refused: 0A000
CREATE TEMP TABLE boxed (r swapped)

-- case: words: a type with the row type
-- refused: 0A000
CREATE TYPE boxed AS (k int, r public.swapped)

-- case: words: a domain over the row type
-- refused: 0A000
CREATE DOMAIN boxed AS swapped

-- case: words: a parameter of the row type
-- protocol: simple
-- refused: 0A000
PREPARE p (int, swapped) AS SELECT ($2).a

-- case: words: references and names are no row types
-- rollback
CREATE TEMP TABLE swapped_boxes (swapped int, id int)
-- then
PREPARE swapped (int) AS SELECT a FROM swapped WHERE id = $1
-- then
DEALLOCATE swapped
