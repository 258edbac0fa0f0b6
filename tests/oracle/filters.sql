-- Filters on computed columns are turned round, so that they reach an index. They answer as the plain form does, for every value.

-- case: filters: a day
SELECT id FROM solver WHERE record_date = '2025-01-01' ORDER BY 1

-- case: filters: a day, the other way round
SELECT id FROM solver WHERE '2025-01-01' = record_date ORDER BY 1

-- case: filters: a day in parentheses, with comments
SELECT id FROM solver s WHERE ((s.record_date)) /* of */ = -- the day
  ( '2025-01-01' ) AND id > 0 ORDER BY 1

-- case: filters: a typed day
SELECT id FROM solver WHERE record_date = date '2025-01-01' OR record_date = '2024-12-31'::date OR record_date = CAST('1999-12-31' AS date) ORDER BY 1

-- case: filters: each comparison with a day
SELECT id, (SELECT count(*) FROM solver t WHERE t.record_date < '2025-01-01'), (SELECT count(*) FROM solver t WHERE t.record_date <= '2025-01-01'), (SELECT count(*) FROM solver t WHERE t.record_date > '2025-01-01'), (SELECT count(*) FROM solver t WHERE t.record_date >= '2025-01-01'), (SELECT count(*) FROM solver t WHERE t.record_date <> '2025-01-01'), (SELECT count(*) FROM solver t WHERE t.record_date != '2025-01-01') FROM solver ORDER BY 1

-- case: filters: each comparison the other way round
SELECT id, (SELECT count(*) FROM solver t WHERE '2025-01-01' < t.record_date), (SELECT count(*) FROM solver t WHERE '2025-01-01' <= t.record_date), (SELECT count(*) FROM solver t WHERE '2025-01-01' > t.record_date), (SELECT count(*) FROM solver t WHERE '2025-01-01' >= t.record_date), (SELECT count(*) FROM solver t WHERE '2025-01-01' <> t.record_date) FROM solver ORDER BY 1

-- case: filters: not
SELECT id FROM solver WHERE NOT record_date = '2025-01-01' AND NOT (record_date > '2025-03-01') ORDER BY 1

-- case: filters: not, over an expression
SELECT id FROM solver WHERE NOT record_date = '2025-01-01'::date + 0 AND NOT (record_date > '2025-03-01'::date + 1) ORDER BY 1

-- case: filters: between
SELECT id FROM solver WHERE record_date BETWEEN '2024-12-31' AND '2025-01-01' ORDER BY 1

-- case: filters: between the wrong way round
SELECT id FROM solver WHERE record_date BETWEEN '2025-01-01' AND '2024-12-31' OR id = 5 ORDER BY 1

-- case: filters: not between
SELECT id FROM solver WHERE record_date NOT BETWEEN '2024-12-31' AND '2025-01-01' AND id < 100 ORDER BY 1

-- case: filters: between expressions
SELECT id FROM solver WHERE record_date BETWEEN date '2025-01-01' - 1 AND date '2025-01-01' + interval '30 days' ORDER BY 1

-- case: filters: between symmetric
SELECT id FROM solver WHERE record_date BETWEEN SYMMETRIC '2025-01-01' AND '2024-12-31' ORDER BY 1

-- case: filters: in
SELECT id FROM solver WHERE record_date IN ('2025-01-01', date '1999-12-31') ORDER BY 1

-- case: filters: not in
SELECT id FROM solver WHERE record_date NOT IN ('2025-01-01', date '1999-12-31') ORDER BY 1

-- case: filters: in with null
SELECT id, (SELECT count(*) FROM solver t WHERE t.record_date IN ('2025-01-01', NULL)), (SELECT count(*) FROM solver t WHERE NOT (t.record_date IN ('2025-01-01', NULL))), (SELECT count(*) FROM solver t WHERE t.record_date NOT IN ('2025-01-01', NULL)) FROM solver ORDER BY 1

-- case: filters: in a long list
SELECT id FROM solver WHERE record_date IN ('2025-01-01', '2025-01-03', '2025-01-04', '2025-01-05', '2025-01-06', '2025-01-07', '2025-01-08', '2025-01-09', '2025-01-10', '2025-01-11', '2025-01-12', '2025-01-13', '2025-01-14', '2025-01-15', '2025-01-16', '2025-01-17', '2025-06-30') ORDER BY 1

-- case: filters: not in a long list
SELECT id FROM solver WHERE record_date NOT IN ('2025-01-01', '2025-01-03', '2025-01-04', '2025-01-05', '2025-01-06', '2025-01-07', '2025-01-08', '2025-01-09', '2025-01-10', '2025-01-11', '2025-01-12', '2025-01-13', '2025-01-14', '2025-01-15', '2025-01-16', '2025-01-17', '2025-06-30') ORDER BY 1

-- case: filters: null
SELECT id, record_date IS NULL FROM solver WHERE record_date IS NULL OR NOT record_date IS NOT NULL OR (record_date) ISNULL ORDER BY 1

-- case: filters: not null
SELECT count(*) FROM solver WHERE record_date IS NOT NULL AND record_date NOTNULL

-- case: filters: compared with null
SELECT id FROM solver WHERE record_date = NULL OR NOT record_date = NULL OR record_date < NULL::date ORDER BY 1

-- case: filters: distinct
SELECT id FROM solver WHERE record_date IS DISTINCT FROM '2025-01-01' ORDER BY 1

-- case: filters: not distinct
SELECT id FROM solver WHERE record_date IS NOT DISTINCT FROM '2025-01-01' OR record_date IS NOT DISTINCT FROM NULL ORDER BY 1

-- case: filters: not (not distinct)
SELECT id FROM solver WHERE NOT (record_date IS NOT DISTINCT FROM '2025-01-01') ORDER BY 1

-- case: filters: infinity and days that are too far
SELECT id FROM solver WHERE record_date < 'infinity' AND record_date > '-infinity' AND record_date < '5874897-12-31' AND record_date > '4713-11-24 BC' AND record_date <> '9999-12-31' AND record_date < '9999-12-31' ORDER BY 1

-- case: filters: words that are days
SELECT count(*) FROM solver WHERE record_date < 'today' AND record_date > 'epoch' AND record_date < 'tomorrow'::date

-- case: filters: today
SELECT count(*) FROM solver WHERE record_date < current_date AND record_date <= now() AND record_date > CURRENT_DATE - interval '100 years' AND record_date > date_trunc('year', now() - interval '90 years')

-- case: filters: a time
SELECT id FROM solver WHERE record_date < timestamp '2025-01-01 12:00:00' AND record_date > timestamptz '2024-12-31 23:00:00+00' ORDER BY 1

-- case: filters: equal to a time
SELECT id FROM solver WHERE record_date = timestamp '2025-01-01 00:00:00' OR record_date = timestamptz '2024-12-31 00:00:00+00' ORDER BY 1

-- case: filters: other spellings of a day
SELECT id FROM solver WHERE record_date = 'Jan 1, 2025' OR record_date = '20241231' OR record_date = E'1999-12-31' OR record_date = '2025-1-2' ORDER BY 1

-- case: filters: no day at all
SELECT id FROM solver WHERE record_date = '2025-02-30' ORDER BY 1

-- case: filters: no date at all
SELECT id FROM solver WHERE id > 0 AND record_date >= 'yesteryear' ORDER BY 1

-- case: filters: another type
SELECT id FROM solver WHERE record_date = 5

-- case: filters: a text
SELECT id FROM solver WHERE record_date = 'x'::text

-- case: filters: on
SELECT c.id, s.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id AND s.record_date >= '2025-01-01' ORDER BY 1, 2

-- case: filters: on, with a missing side, not
SELECT c.id, s.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id WHERE NOT (s.record_date >= '2025-01-01') OR s.record_date IS NULL ORDER BY 1, 2

-- case: filters: full join
SELECT c.id, s.id FROM cons c FULL JOIN solver s ON s.id = c.run_id WHERE s.record_date BETWEEN '2025-01-01' AND '2025-12-31' OR s.record_date IS NULL ORDER BY 1, 2

-- case: filters: filter
SELECT count(*) FILTER (WHERE record_date = '2025-01-01'), sum(id) FILTER (WHERE NOT record_date > '2025-01-01'), array_agg(id ORDER BY id) FILTER (WHERE record_date IS NULL) FROM solver

-- case: filters: filter over grouping sets
SELECT rating, count(*) FILTER (WHERE record_date = '2025-01-01'), count(*) FILTER (WHERE record_date IS NULL) FROM solver GROUP BY ROLLUP (rating) ORDER BY 1, 2

-- case: filters: having is not one of them
SELECT record_date, count(*) FROM solver WHERE record_date > '2000-01-01' GROUP BY record_date HAVING record_date = '2025-01-01' OR record_date IS NULL ORDER BY 1

-- case: filters: correlated, where a nearer table has the column
SELECT id FROM solver WHERE EXISTS (SELECT 1 FROM cons WHERE run_id = solver.id AND record_date = '2025-01-01') ORDER BY 1

-- case: filters: correlated with a column
SELECT c.id, (SELECT count(*) FROM solver s WHERE s.record_date = c.timestamp_utc::date) FROM cons c ORDER BY 1

-- case: filters: in the middle of a condition
SELECT id FROM solver WHERE id > 1 AND (record_date = '2025-01-01' OR record_date = '2025-01-01'::date + 1) OR record_date > '2025-03-01'::date + 1 AND id < 8 ORDER BY 1

-- case: filters: a comparison of comparisons
SELECT id FROM solver WHERE (record_date = '2025-01-01') = true OR (record_date = '2024-12-31') IS NOT FALSE ORDER BY 1

-- case: filters: behind what ends a condition
SELECT id FROM solver WHERE record_date = '2025-01-01'::date + 0 ORDER BY id LIMIT 3

-- case: filters: union
SELECT id FROM solver WHERE record_date = '2025-01-01'::date + 0 UNION SELECT id FROM solver WHERE record_date < '2025-01-01'::date - 0 EXCEPT SELECT id FROM solver WHERE record_date = '1999-12-31' ORDER BY 1

-- case: filters: in a case is not one of them
SELECT id FROM solver WHERE CASE WHEN record_date = '2025-01-01' THEN true ELSE record_date IS NULL END ORDER BY 1

-- case: filters: qualified by its schema
SELECT public.solver.id FROM public.solver WHERE public.solver.record_date <= '2025-01-01' AND public.solver.record_date IS NOT NULL ORDER BY 1

-- case: filters: a day and the time
SELECT id FROM solver WHERE record_date = '2025-01-01' AND timestamp >= '2025-01-01 12:00:00+00' AND timestamp::date IS NOT NULL ORDER BY 1

-- case: filters: numbers with a factor
SELECT id, (SELECT count(*) FROM plant p WHERE p.power_w > 5000), (SELECT count(*) FROM plant p WHERE p.kelvin = 293.65), (SELECT count(*) FROM plant p WHERE p.euros IN (19.99, 0.05)), (SELECT count(*) FROM plant p WHERE p.loss < 0), (SELECT count(*) FROM plant p WHERE p.mills BETWEEN 50 AND 20000), (SELECT count(*) FROM plant p WHERE p.energy_kwh >= '1500') FROM plant ORDER BY 1

-- case: filters: numbers with a factor, no number
SELECT id FROM plant WHERE power_w > 'much'

-- case: filters: numbers with a factor, null
SELECT id FROM plant WHERE power_w IS NULL OR NOT (euros IS NOT NULL) OR kelvin > NULL ORDER BY 1

-- case: filters: values
SELECT id FROM plant WHERE state = 'running' OR kind IN ('wind', 'Gas') AND NOT state = 'stopped' ORDER BY 1

-- case: filters: values that are other values now
SELECT id, (SELECT count(*) FROM plant p WHERE p.state = 'läuft'), (SELECT count(*) FROM plant p WHERE p.side = 'left'), (SELECT count(*) FROM plant p WHERE p.side <> 'left'), (SELECT count(*) FROM plant p WHERE p.side NOT IN ('left', 'up')), (SELECT count(*) FROM plant p WHERE p.state = 'it''s') FROM plant ORDER BY 1

-- case: filters: values of other types
SELECT id FROM plant WHERE grade = 1 AND is_off = false OR grade IN (2, 9) OR is_off IS NULL ORDER BY 1

-- case: filters: values, a parameter
-- $1 = unknown running
SELECT id FROM plant WHERE state = $1 OR side IN ($1, 'up') ORDER BY 1

-- case: filters: values, a parameter that is null
-- $1 = unknown NULL
SELECT id FROM plant WHERE state = $1 OR NOT (state = $1) ORDER BY 1

-- case: filters: numbers, parameters
-- $1 = unknown 12500
SELECT id FROM plant WHERE power_w = $1 OR mills > $1 ORDER BY 1

-- case: filters: a day, a parameter
-- $1 = unknown 2025-01-01
SELECT id FROM solver WHERE record_date = $1 OR record_date BETWEEN $1 AND '2025-01-05' OR NOT record_date > $1 ORDER BY 1

-- case: filters: a day, a parameter of another type
-- $1 = timestamptz 2025-01-01 00:00:00+00
SELECT id FROM solver WHERE record_date = $1 OR record_date < $1 ORDER BY 1

-- case: filters: a day, a parameter of no such type
-- $1 = int4 5
SELECT id FROM solver WHERE record_date = $1

-- case: filters: conditions of the author
SELECT id FROM solver WHERE rating = 4 OR rating IN (4, 2) AND id < 6 ORDER BY 1

-- case: filters: conditions of the author, not
SELECT id FROM solver WHERE NOT (rating = 4) AND NOT rating IN (2) OR rating = 3 ORDER BY 1

-- case: filters: conditions of the author on a missing side
SELECT c.id, s.id FROM cons c LEFT JOIN solver s ON s.id = c.run_id AND s.rating = 4 WHERE NOT (s.rating = 2) OR s.rating = 4 OR s.id IS NULL ORDER BY 1, 2

-- case: filters: over a window, behind a grouping
SELECT record_date, count(*) FILTER (WHERE record_date = '2025-01-01') OVER (), sum(count(*)) FILTER (WHERE record_date > '2025-01-01') OVER () FROM solver GROUP BY record_date ORDER BY 1

-- case: filters: of a grouped column further out
SELECT record_date, (SELECT count(*) FROM cons c WHERE solver.record_date = '2025-01-01' AND c.id < 5) FROM solver WHERE id > 2 GROUP BY record_date, id ORDER BY 1, 2

-- case: filters: a string that is no whole number
SELECT id FROM solver WHERE rating = '4.0'

-- case: filters: over a window, behind grouping sets of the day and of its time
SELECT record_date, "timestamp", count(*) FILTER (WHERE record_date = '2025-01-01') OVER (), count(*) FILTER (WHERE record_date IS NULL) OVER () FROM solver GROUP BY GROUPING SETS ((record_date), ("timestamp")) ORDER BY 1, 2

-- case: filters: of a row further out behind grouping sets
-- same-or-refused
SELECT record_date, "timestamp", (SELECT record_date), (SELECT count(*) FROM cons WHERE solver.record_date = '2025-01-01') FROM solver GROUP BY GROUPING SETS ((record_date), ("timestamp")) ORDER BY 1, 2
