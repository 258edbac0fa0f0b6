-- Columns of every kind, read in every place.

-- case: kinds: all columns
SELECT * FROM plant ORDER BY id

-- case: kinds: numbers with a factor and an offset
SELECT id, power_w, kelvin, euros, mills, loss, energy_kwh FROM plant ORDER BY id

-- case: kinds: numbers in conditions
SELECT id FROM plant WHERE power_w > 5000 AND mills <> 10 OR kelvin = 273.15 OR loss < 0 ORDER BY id

-- case: kinds: numbers compared with parameters
-- $1 = int8 12500
-- $2 = float8 273.15
-- $3 = numeric 19.99
SELECT id FROM plant WHERE power_w = $1 OR kelvin = $2 OR euros = $3 ORDER BY id

-- case: kinds: numbers compared with parameters of no type
-- $1 = unknown 12500
-- $2 = unknown 273.15
-- $3 = unknown 19.99
-- $4 = unknown 50
SELECT id FROM plant WHERE power_w = $1 OR kelvin = $2 OR euros = $3 OR mills = $4 ORDER BY id

-- case: kinds: whole numbers stay whole
SELECT mills / 3 AS third, loss / 2 AS half, mills % 7 AS rest FROM plant WHERE id < 4 ORDER BY id

-- case: kinds: numbers in aggregates
SELECT sum(power_w), avg(kelvin) > 0 AS warm, sum(euros), sum(mills), max(loss), min(energy_kwh) FROM plant

-- case: kinds: values of a map, and those that it does not have
SELECT id, state, grade, kind, is_off, side FROM plant ORDER BY id

-- case: kinds: values in conditions
SELECT id FROM plant WHERE state = 'running' OR state IN ('defekt', 'it''s') OR grade >= 9 ORDER BY id

-- case: kinds: values that two current ones give
SELECT state, count(*) FROM plant GROUP BY state ORDER BY state

-- case: kinds: values compared with parameters
-- $1 = unknown stopped
-- $2 = unknown 1
-- $3 = unknown sun
SELECT id FROM plant WHERE state = $1 OR grade = $2 OR kind = $3 ORDER BY id

-- case: kinds: a condition that values give
SELECT id FROM plant WHERE is_off ORDER BY id

-- case: kinds: a condition turned round
SELECT id FROM plant WHERE NOT is_off OR is_off IS NULL ORDER BY id

-- case: kinds: values changed with each other
SELECT id, side FROM plant WHERE side <> 'left' ORDER BY side, id

-- case: kinds: JSON null and a missing key
SELECT id, comment, comment IS NULL AS none, comment_doc, comment_doc IS NULL AS no_doc FROM plant ORDER BY id

-- case: kinds: on the missing side of a join
SELECT r.id, p.* FROM rating r LEFT JOIN plant p ON p.id = r.id + 3 AND p.state = 'defekt' ORDER BY r.id

-- case: kinds: conditions on the missing side of a join
SELECT r.id, p.is_off, NOT p.is_off AS is_on, p.mills + 1 AS more FROM rating r LEFT JOIN plant p ON p.id = r.id AND p.id < 2 ORDER BY r.id

-- case: kinds: in a subquery and a CTE
WITH busy AS (SELECT id, state, power_w FROM plant WHERE state = 'running')
SELECT b.id, b.power_w, (SELECT p.grade FROM plant p WHERE p.id = b.id) FROM busy b ORDER BY b.id

-- case: kinds: in a window
SELECT id, rank() OVER (PARTITION BY state ORDER BY power_w DESC NULLS LAST, id) FROM plant ORDER BY id

-- case: kinds: types that modifiers make
SELECT p.euros, p.kind FROM plant p FULL JOIN rating r ON r.id = p.id ORDER BY p.id, r.id

-- case: kinds: union of what has modifiers
SELECT kind, euros FROM plant UNION ALL SELECT kind, euros FROM plant ORDER BY 1, 2

-- case: kinds: a constant says to which query an aggregate belongs
SELECT o.id, (SELECT count(o.id) FILTER (WHERE s.version = 1) FROM solver s WHERE s.id < 3), (SELECT sum(o.id * version) FROM solver) FROM orders o ORDER BY o.id

-- case: kinds: a constant is one label beside the star of a subquery
SELECT o.id, (SELECT version FROM (SELECT s.version, s.* FROM solver s ORDER BY version, s.id LIMIT 1) x (version)) FROM orders o ORDER BY o.id

-- case: kinds: the same in EXISTS
SELECT id FROM orders o WHERE EXISTS (SELECT p.user_type, p.* FROM providers p WHERE p.id = o.id ORDER BY user_type) ORDER BY id
