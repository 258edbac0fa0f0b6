-- Constructs that the parser is led past (`src/sql/shims`): the names in them are found like any others.

-- case: grammar: table as a query
TABLE swapped ORDER BY id

-- case: grammar: table as a query over a renamed table
TABLE customers ORDER BY id LIMIT 3

-- case: grammar: table as a query over computed columns
TABLE ONLY solver ORDER BY timestamp, id

-- case: grammar: table as a query with a star behind it
TABLE swapped * ORDER BY id

-- case: grammar: table in a union
TABLE swapped UNION ALL SELECT 99, 1, 2, 'x' ORDER BY 1

-- case: grammar: table in a subquery
SELECT a FROM (TABLE swapped) s WHERE b > 0 ORDER BY id, a

-- case: grammar: table in a cte and an exists
WITH w AS (TABLE swapped), v AS (SELECT id FROM w WHERE EXISTS (TABLE chain EXCEPT TABLE w)) SELECT w.a FROM w JOIN v USING (id) ORDER BY w.id

-- case: grammar: table of an unmapped table
TABLE rating ORDER BY 1

-- case: grammar: table of a cte
WITH solver AS (SELECT 1 AS a) TABLE solver

-- case: grammar: a star behind a table
SELECT rating, s.version FROM solver * s WHERE rating = 4 ORDER BY id

-- case: grammar: a star behind a table without an alias
SELECT id, rating FROM public.solver * WHERE rating = 4 ORDER BY timestamp, id

-- case: grammar: an empty select list
SELECT FROM solver WHERE rating = 4

-- case: grammar: an empty select list without from
SELECT WHERE EXISTS (SELECT FROM solver WHERE rating = 4)

-- case: grammar: an empty select list in a subquery beside a star
SELECT * FROM (SELECT WHERE true) x, swapped ORDER BY id

-- case: grammar: rows from
SELECT f.a, f.b, s.rating FROM solver s, ROWS FROM (generate_series(1, s.rating), generate_series(s.version, 2)) AS f(a, b) ORDER BY s.id, f.a

-- case: grammar: rows from with column definitions
SELECT s.id, rating, t.a, t.rating_text FROM solver s, LATERAL ROWS FROM (generate_series(1, 2), jsonb_to_recordset(jsonb_build_array(jsonb_build_object('rating_text', s.rating))) AS (rating_text text)) WITH ORDINALITY AS t(a) ORDER BY s.id, t.ordinality

-- case: grammar: rows from whose columns are called like legacy ones
SELECT s.id, r.rating, r.version FROM solver s, ROWS FROM (json_to_record('{"rating": 7}') AS (rating int), generate_series(1, 2)) AS r(rating, version) ORDER BY s.id, r.version

-- case: grammar: rows from without an alias
SELECT solver.id, generate_series FROM solver, ROWS FROM (generate_series(1, 2)) ORDER BY solver.id, 2

-- case: grammar: rows from over unnest
SELECT s.id, u.a, u.b FROM solver s, ROWS FROM (unnest(ARRAY[s.rating, s.version], ARRAY['x', s.channel])) AS u(a, b) ORDER BY s.id, u.a

-- case: grammar: column definitions without an alias
SELECT s.id, rating FROM solver s, jsonb_to_record('{"x": 3}') AS (x int) WHERE rating > x ORDER BY s.id

-- case: grammar: using with an alias
SELECT j.id, s.rating, j FROM customers c JOIN solver s USING (id) AS j ORDER BY j.id

-- case: grammar: using with an alias, starred
SELECT j.*, s.version, phone_number FROM customers c LEFT JOIN solver s USING (id) AS j ORDER BY id

-- case: grammar: using with an alias called like a legacy column
SELECT rating.id, s.rating FROM customers c JOIN solver s USING (id) AS rating ORDER BY 1

-- case: grammar: search depth first
WITH RECURSIVE r(id, rating) AS (SELECT id, rating FROM solver WHERE id = 1 UNION ALL SELECT s.id, s.rating FROM r JOIN solver s ON s.id = r.id + 1) SEARCH DEPTH FIRST BY id, rating SET path SELECT id, rating, path FROM r ORDER BY path

-- case: grammar: search breadth first over names that are legacy labels
WITH RECURSIVE r AS (SELECT id, rating, predicted_consumption FROM solver WHERE id = 1 UNION ALL SELECT s.id, s.rating, s.predicted_consumption FROM r JOIN solver s ON s.id = r.id + 1) SEARCH BREADTH FIRST BY predicted_consumption SET version SELECT * FROM r ORDER BY version, id

-- case: grammar: cycle
WITH RECURSIVE r(id, n) AS (SELECT id, rating FROM solver WHERE id = 1 UNION ALL SELECT s.id, s.rating FROM r JOIN solver s ON s.id = r.id % 2 + 1) CYCLE id SET rating USING version SELECT id, n, rating, version FROM r ORDER BY 1, 3

-- case: grammar: search and cycle
WITH RECURSIVE r(id, n) AS (SELECT id, rating FROM solver WHERE id = 1 UNION ALL SELECT s.id, s.rating FROM r JOIN solver s ON s.id = r.id % 2 + 1) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c TO 'y' DEFAULT 'n' USING p SELECT *, c = 'y' AS again FROM r JOIN solver s USING (id) ORDER BY o

-- case: grammar: all fields of a call
SELECT s.rating, (jsonb_each_text(jsonb_build_object('a', s.rating))).*, s.version FROM solver s ORDER BY s.id

-- case: grammar: all fields of a call in a subquery
SELECT x.key, x.rating FROM (SELECT (jsonb_each_text('{"q": 1}')).*, s.rating FROM solver s) x ORDER BY 2

-- case: grammar: all fields of a mapped row
SELECT (s).* FROM solver s ORDER BY 1

-- case: grammar: a mapped row cast to text
SELECT s.*::text FROM swapped s ORDER BY id

-- case: grammar: an unmapped row cast to text
SELECT r.*::text, s.rating FROM rating r JOIN solver s USING (id) ORDER BY id

-- case: grammar: nested grouping sets
-- same-or-refused
SELECT rating, channel, count(*) FROM solver GROUP BY GROUPING SETS (rating, GROUPING SETS (channel, ())) ORDER BY 1, 2, 3

-- case: grammar: order by using an operator
SELECT id, note FROM solver ORDER BY predicted_consumption USING >, note USING ~<~, id

-- case: grammar: an aggregate ordered by an operator
SELECT array_agg(rating ORDER BY timestamp USING >) FROM solver

-- case: grammar: substring similar
SELECT substring(channel SIMILAR '#"w#"%' ESCAPE '#') FROM solver ORDER BY id

-- case: grammar: collation for
SELECT collation for (channel), collation for (note) FROM solver ORDER BY id LIMIT 1

-- case: grammar: fetch an expression
SELECT id, rating FROM solver ORDER BY rating, id FETCH FIRST (1 + 1) ROWS ONLY

-- case: grammar: fetch an expression with ties
SELECT rating FROM solver ORDER BY rating FETCH FIRST (SELECT max(version) FROM solver) ROWS WITH TIES

-- case: grammar: fetch with ties
SELECT rating FROM solver ORDER BY rating FETCH FIRST 1 ROW WITH TIES

-- case: grammar: for no key update of
-- rollback
SELECT rating, c.city FROM solver s JOIN customers c USING (id) ORDER BY id FOR NO KEY UPDATE OF s, c

-- case: grammar: for update of a renamed table and for key share
-- rollback
SELECT solver.rating FROM solver, swapped WHERE swapped.id = solver.id ORDER BY 1 FOR UPDATE OF solver SKIP LOCKED FOR KEY SHARE OF swapped

-- case: grammar: a literal whose type is an unreserved keyword
SELECT name 'x', id FROM solver WHERE channel::name = name 'web' ORDER BY id

-- case: grammar: xmlforest keeps the names of its elements
SELECT xmlforest(rating, s.version, channel AS way, predicted_consumption)::text FROM solver s ORDER BY id

-- case: grammar: xmlelement and xmlattributes
SELECT xmlelement(NAME rating, xmlattributes(rating, s.timestamp AS at, version AS "Version"), channel, xmlelement(name name, note))::text FROM solver s ORDER BY id

-- case: grammar: the names of xml's results
SELECT xmlelement(name rating), xmlforest(rating), xmlconcat(xmlforest(version)), xmlpi(name rating, channel), xmlparse(CONTENT channel), xmlserialize(CONTENT xmlforest(rating) AS text), xmlroot(xmlforest(rating), version '1.0', standalone yes), xmlparse(document '<a/>') IS DOCUMENT FROM solver ORDER BY id

-- case: grammar: is document
SELECT id FROM solver WHERE xmlforest(rating) IS DOCUMENT AND xmlparse(CONTENT channel) IS NOT DOCUMENT ORDER BY id

-- case: grammar: xmlexists
SELECT id FROM solver WHERE xmlexists('/rating[text() = "4"]' PASSING BY REF xmlforest(rating)) ORDER BY id

-- case: grammar: xmltable over a legacy column
SELECT s.id, x.rating, x.version, x.n FROM solver s, XMLTABLE('/r/rating' PASSING xmlelement(name r, xmlforest(s.rating, s.version)) COLUMNS n FOR ORDINALITY, rating int PATH '.', version int PATH '../version' DEFAULT s.version NOT NULL) AS x ORDER BY s.id

-- case: grammar: xmltable without an alias
SELECT id, xmltable.rating, q FROM customers, XMLTABLE(xmlnamespaces('urn:x' AS x), '/x:a' PASSING xmlparse(document '<a xmlns="urn:x"><b>7</b></a>') COLUMNS rating int PATH 'x:b', q text PATH 'x:c' DEFAULT city) ORDER BY id

-- case: grammar: xmltable with its columns renamed
SELECT t.a, t.version, s.version FROM solver s, LATERAL XMLTABLE('/a' PASSING '<a>1</a>' COLUMNS rating int PATH '.', version text PATH '.') t(a) ORDER BY s.id

-- case: grammar: xmltable's columns beside a star
SELECT * FROM swapped, XMLTABLE('/a' PASSING '<a>1</a>' COLUMNS x int PATH '.') ORDER BY id

-- case: grammar: json objects and arrays
SELECT json_build_object('rating', rating), json_object(ARRAY['rating', channel]), json_build_array(rating, version) FROM solver ORDER BY id

-- case: grammar: create table with columns as
-- rollback
CREATE TEMP TABLE made (a, b) ON COMMIT DROP AS SELECT rating, version FROM solver ORDER BY id
-- then
SELECT a, b FROM made ORDER BY 1, 2

-- case: grammar: explain table
EXPLAIN (COSTS OFF) TABLE rating

-- case: grammar: an index predicate in on conflict
-- rollback
-- same-or-refused
INSERT INTO solver (id, rating) VALUES (1, 4) ON CONFLICT (id) WHERE rating = 4 DO NOTHING

-- case: grammar: an expression in on conflict
-- rollback
-- same-or-refused
INSERT INTO customers AS c (id, full_name) VALUES (1, 'x') ON CONFLICT (lower(phone_number)) DO UPDATE SET full_name = excluded.full_name WHERE c.city = 'x'

-- case: grammar: an element of a column that is written
-- rollback
-- same-or-refused
UPDATE solver SET note[1] = 'x'

-- case: grammar: where current of
-- rollback
-- same-or-refused
UPDATE solver SET rating = 2 WHERE CURRENT OF c

-- case: grammar: copy with options
-- rollback
-- protocol: simple
COPY solver (id, rating) TO STDOUT WITH (FORMAT csv, HEADER true, FORCE_QUOTE (rating))

-- case: grammar: only, in parentheses
SELECT full_name FROM ONLY (customers) ORDER BY id

-- case: grammar: only, in parentheses, with an alias and a schema
SELECT c.full_name, customers.id FROM ONLY (public.customers) AS c JOIN ONLY (customers) ON customers.id = c.id ORDER BY c.id

-- case: grammar: a star behind a schema
SELECT customers.full_name FROM public.customers * ORDER BY id

-- case: grammar: a union in parentheses as a value
SELECT s.id, ((SELECT rating) UNION SELECT s.rating ORDER BY 1 LIMIT 1) AS r FROM solver s ORDER BY 1

-- case: grammar: set operations in parentheses among expressions
SELECT id FROM solver WHERE rating = ANY ((SELECT rating FROM rating) UNION ALL SELECT 2) AND rating IN (((SELECT 4) UNION SELECT 2) EXCEPT SELECT 9) AND EXISTS ((SELECT rating FROM solver) INTERSECT SELECT 4) ORDER BY id

-- case: grammar: values as a subquery
SELECT id FROM solver WHERE rating = ANY (VALUES (2), (4)) AND rating >= (VALUES (1)) AND rating IN (VALUES (2), (3)) ORDER BY id

-- case: grammar: a lock that is none
SELECT rating FROM solver ORDER BY id FOR READ ONLY

-- case: grammar: national characters
SELECT national character varying(3) 'rating' AS a, rating::national char(2) AS b, CAST(rating AS national character varying(5)) AS c FROM solver ORDER BY id

-- case: grammar: select into a local table
-- rollback
SELECT id, rating INTO LOCAL TEMP TABLE made FROM solver
-- then
SELECT rating FROM made ORDER BY id

-- case: grammar: a list that begins with a subquery
SELECT id FROM solver WHERE record_date IN ((SELECT date '2025-01-01'), '2024-12-31') ORDER BY id

-- case: grammar: lists that begin with a subquery in more parentheses, or with what is made of one
SELECT id, rating IN (((SELECT 4)), rating + 1) AS a, rating NOT IN ((SELECT 1) + 1) AS b, id IN ((VALUES (1)), (SELECT 2)) AS c FROM solver ORDER BY id

-- case: grammar: a query in parentheses behind in stays one
SELECT id FROM solver WHERE rating IN ((SELECT r.id FROM rating r) ORDER BY 1) AND id IN ((SELECT 1) UNION SELECT 2) AND (id, rating) IN (((SELECT s.id, s.rating FROM solver s))) ORDER BY id

-- case: grammar: rows by is distinct from
SELECT c.* IS NOT DISTINCT FROM d.*, CASE WHEN c.* IS DISTINCT FROM d.* THEN c.id END FROM customers c, customers d ORDER BY c.id, d.id

-- case: grammar: national literals
SELECT nchar 'ab', nchar(3) 'abcd', nchar varying(1) 'ab', national character varying(3) 'abcd', rating FROM solver ORDER BY id
