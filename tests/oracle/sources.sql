-- Legacy tables that are a part of a current one, or a query.

-- case: sources: rows of a part
SELECT * FROM providers ORDER BY id

-- case: sources: a part under an alias
SELECT p.id, p.user_type FROM providers AS p WHERE p.since IS NOT NULL OR p.name IS NULL ORDER BY p.id

-- case: sources: a part by its schema
SELECT public.providers.id, providers.name FROM public.providers ORDER BY public.providers.since, id

-- case: sources: a part on the missing side of a join
SELECT r.id, p.* FROM rating r LEFT JOIN providers p ON p.id = r.id ORDER BY r.id

-- case: sources: a part on both sides of a full join
SELECT a.id, b.id, b.user_type FROM providers a FULL JOIN providers b ON a.id = b.id + 3 ORDER BY a.id, b.id

-- case: sources: a part in subqueries
SELECT id, (SELECT count(*) FROM providers p WHERE p.id > r.id) FROM rating r WHERE id IN (SELECT id FROM providers) OR NOT EXISTS (SELECT FROM providers p WHERE p.id = r.id) ORDER BY id

-- case: sources: a CTE of a current name
WITH konten AS (SELECT 1 AS id) SELECT p.id, k.id FROM providers p, konten k ORDER BY 1

-- case: sources: a CTE of the legacy name
WITH providers AS (SELECT 7 AS id) SELECT * FROM providers

-- case: sources: counting a part
SELECT count(*), count(p.*), count(DISTINCT user_type) FROM providers p

-- case: sources: locking a part
SELECT id FROM providers ORDER BY id FOR UPDATE OF providers

-- case: sources: merged columns of a part
SELECT id, name, rating FROM providers JOIN rating USING (id) ORDER BY id

-- case: sources: the union of parts
SELECT id FROM providers UNION ALL SELECT point FROM interaction ORDER BY 1

-- case: sources: without spaces
SELECT"id"FROM"providers"ORDER BY"id"

-- case: sources: prepared
-- $1 = int4 1
SELECT name, since FROM providers WHERE id = $1

-- case: sources: a query
SELECT * FROM interaction ORDER BY point, at

-- case: sources: columns of a query
SELECT i.flow, level, i.n + 1 AS more, at FROM public.interaction i WHERE i.flow > 1 OR level = 7 ORDER BY flow NULLS FIRST

-- case: sources: a query on the missing side of a join
SELECT r.id, i.* FROM rating r LEFT JOIN interaction i ON i.point = r.id AND i.level IS NOT NULL ORDER BY r.id

-- case: sources: a query twice
SELECT a.point, b.flow FROM interaction a JOIN interaction b USING (point, at) ORDER BY a.point, b.flow

-- case: sources: aggregates of a query
SELECT point, max(at), sum(flow) FROM interaction GROUP BY point HAVING count(*) > 1 ORDER BY point

-- case: sources: another search path
-- set: SET search_path = archive, public
SELECT p.id, i.flow FROM providers p JOIN interaction i ON i.point = p.id ORDER BY 1, 2

-- case: sources: a temporary table of a current name
-- rollback
CREATE TEMP TABLE konten (id int, art text, geloescht date, name text, seit date)
-- then
SELECT id FROM providers ORDER BY id
-- then
SELECT count(*) FROM interaction

-- case: sources: words of inheritance
SELECT a.id, b.id, c.point, interaction.n FROM ONLY providers a JOIN ONLY (public.providers) b ON true JOIN interaction * c ON true, ONLY (interaction) ORDER BY 1, 2, 3, 4

-- case: sources: a sample of a query
-- refused: 0A000
SELECT * FROM interaction TABLESAMPLE BERNOULLI (100)

-- case: sources: a system column of a part
-- refused: 0A000
SELECT ctid FROM providers

-- case: sources: writing to a part
-- refused: 0A000
UPDATE providers SET name = 'x'

-- case: sources: writing to a query
-- refused: 0A000
DELETE FROM interaction

-- case: sources: whole rows
SELECT row_to_json(p), p::text, (p).since, p IS NULL FROM providers p ORDER BY p.id

-- case: sources: whole rows of a query
SELECT to_jsonb(i), (i).flow, i = i, i::text FROM interaction i ORDER BY i.point, i.at

-- case: sources: lists of column aliases
SELECT x, z, w.a FROM providers AS p(x, y, z) JOIN interaction w(a, b) ON w.a = x ORDER BY 1, 2, 3

-- case: sources: merged columns
SELECT id, a.name, b.since, user_type FROM providers a JOIN providers b USING (id, user_type) JOIN plant USING (id) ORDER BY 1

-- case: sources: natural joins
SELECT * FROM providers NATURAL JOIN (SELECT id, 'provider'::text AS user_type FROM plant) x ORDER BY 1

-- case: sources: an aliased join
SELECT j.since, j.flow, row_to_json(j) FROM (providers p LEFT JOIN interaction i ON i.point = p.id) AS j ORDER BY 1, 2

-- case: sources: fields of a row
SELECT (p).*, user_type(p) FROM public.providers p ORDER BY 1

-- case: sources: a name that another one hides
SELECT NOT EXISTS (SELECT user_type FROM meter providers), id FROM providers ORDER BY 2

-- case: sources: rows grouped and sorted
SELECT p::text, count(*) FROM providers p GROUP BY p ORDER BY p

-- case: sources: a copy out
-- protocol: simple
COPY providers (since, id, user_type) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE (id))

-- case: sources: a copy out of a query
-- protocol: simple
COPY public.interaction TO STDOUT
