-- What object-relational mappers and dashboards send, in their own spelling; all of it has to be parsed.

-- Django
SELECT "shop_order"."id", "shop_order"."total", "shop_customer"."name" FROM "shop_order" INNER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") WHERE ("shop_order"."created" >= '2025-01-01T00:00:00+00:00'::timestamptz AND NOT ("shop_order"."status" = 'void')) ORDER BY "shop_order"."created" DESC LIMIT 21;
SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."id" IN (1, 2) ORDER BY "shop_order"."id" ASC FOR NO KEY UPDATE OF "shop_order" SKIP LOCKED;
SELECT (1) AS "a" FROM "shop_order" WHERE "shop_order"."id" = 5 LIMIT 1;
SELECT COUNT(*) FROM (SELECT DISTINCT "shop_order"."customer_id" AS "col1" FROM "shop_order" WHERE UPPER("shop_order"."note"::text) LIKE UPPER('%x%')) subquery;
SELECT "c"."id", COALESCE((SELECT SUM(U0."total") AS "s" FROM "shop_order" U0 WHERE U0."customer_id" = ("c"."id") GROUP BY U0."customer_id"), 0) AS "spent" FROM "shop_customer" "c";
SELECT EXTRACT(YEAR FROM "shop_order"."created" AT TIME ZONE 'Europe/Paris') AS "year", DATE_TRUNC('month', "shop_order"."created" AT TIME ZONE 'UTC') AS "m", COUNT("shop_order"."id") FILTER (WHERE "shop_order"."paid") AS "n" FROM "shop_order" GROUP BY 1, 2 HAVING COUNT("shop_order"."id") FILTER (WHERE "shop_order"."paid") > 1;
SELECT "shop_order"."data" -> 'a' -> 'b' AS "x", ("shop_order"."data" #>> '{a,b}') AS "y" FROM "shop_order" WHERE "shop_order"."data" @> '{"a": 1}'::jsonb AND "shop_order"."tags" && ARRAY['x']::varchar(20)[] AND "shop_order"."data" ? 'k';
SELECT ROW_NUMBER() OVER (PARTITION BY "o"."customer_id" ORDER BY "o"."created" DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "rn" FROM "shop_order" "o";
INSERT INTO "shop_order" ("customer_id", "total", "created") VALUES (1, '9.90', NULL), (2, DEFAULT, now()) ON CONFLICT ("customer_id", "created") DO UPDATE SET "total" = EXCLUDED."total" RETURNING "shop_order"."id";
INSERT INTO "shop_order" ("a", "b") SELECT * FROM UNNEST((ARRAY[1, 2])::integer[], (ARRAY['x', 'y'])::varchar[]) ON CONFLICT DO NOTHING;
UPDATE "shop_order" SET "total" = ("shop_order"."total" + 1), "status" = CASE WHEN ("shop_order"."id" = 1) THEN 'a' ELSE "shop_order"."status" END WHERE "shop_order"."id" IN (SELECT U0."id" FROM "shop_order" U0 WHERE U0."paid");
DELETE FROM "shop_order" WHERE "shop_order"."id" IN (SELECT U0."id" FROM "shop_order" U0 INNER JOIN "shop_customer" U1 ON (U0."customer_id" = U1."id") WHERE U1."gone");
SELECT "a"."id" FROM "a" WHERE ("a"."when" BETWEEN '2025-01-01'::date AND '2025-01-31'::date) UNION ALL (SELECT "b"."id" FROM "b" ORDER BY 1 LIMIT 5) ORDER BY 1 ASC;
DECLARE "_django_curs_1" NO SCROLL CURSOR WITH HOLD FOR SELECT "shop_order"."id" FROM "shop_order";

-- ActiveRecord
SELECT "orders".* FROM "orders" WHERE "orders"."customer_id" = $1 AND "orders"."deleted_at" IS NULL ORDER BY "orders"."id" ASC LIMIT $2;
SELECT DISTINCT ON (orders.customer_id) orders.*, customers.name AS alias_0 FROM "orders" LEFT OUTER JOIN "customers" ON "customers"."id" = "orders"."customer_id" ORDER BY orders.customer_id, orders.created_at DESC;
SELECT 1 AS one FROM "orders" WHERE "orders"."number" = $1 AND "orders"."id" != $2 LIMIT $3;
INSERT INTO "orders" ("number","created_at") VALUES ('a', CURRENT_TIMESTAMP) ON CONFLICT ("number") WHERE (deleted_at IS NULL) DO UPDATE SET "updated_at"=(CASE WHEN ("orders"."number" IS NOT DISTINCT FROM excluded."number") THEN "orders".updated_at ELSE CURRENT_TIMESTAMP END),"number"=excluded."number" RETURNING "id";
INSERT INTO "users" ("email") VALUES ('x') ON CONFLICT (lower(email::text)) DO NOTHING RETURNING "id";
UPDATE "orders" SET "lock_version" = COALESCE("lock_version", 0) + 1, "updated_at" = $1 WHERE "orders"."id" = $2 AND "orders"."lock_version" = $3;
SELECT SUM("orders"."total") AS "sum_total", "orders"."status" AS "orders_status" FROM "orders" GROUP BY "orders"."status";
SELECT "orders".* FROM "orders" WHERE "orders"."id" = $1 LIMIT $2 FOR UPDATE;
SELECT "orders".* FROM "orders" /* application:Shop,controller:orders,action:index */;

-- Hibernate
select o1_0.id,o1_0.created,c1_0.id,c1_0.name from orders o1_0 left join customers c1_0 on c1_0.id=o1_0.customer_id where o1_0.status=$1 or o1_0.total>$1 order by o1_0.id offset $1 rows fetch first $1 rows only;
select o1_0.id from orders o1_0 where o1_0.id=$1 for no key update nowait;
select o1_0.id from orders o1_0 where o1_0.id=$1 for key share skip locked;
select count(*) from orders o1_0 where exists(select 1 from lines l1_0 where l1_0.order_id=o1_0.id and l1_0.qty in ($1,$1,$1));
insert into orders (customer_id,total,id) values ($1,$1,default);
select nextval('orders_seq');
select o1_0.id,rank() over(partition by o1_0.customer_id order by o1_0.total desc) from orders o1_0;
with recursive t(id,parent_id,lvl) as ((select c1_0.id,c1_0.parent_id,0 from cats c1_0 where c1_0.parent_id is null) union all (select c2_0.id,c2_0.parent_id,t1_0.lvl+1 from cats c2_0 join t t1_0 on t1_0.id=c2_0.parent_id)) search depth first by id set ord cycle id set is_cycle using path select id,lvl from t order by ord;
merge into orders as t using (values (1,2)) s(id,total) on t.id=s.id when matched then update set total=s.total when not matched then insert (id,total) values (s.id,s.total);
select cast(o1_0.data as jsonb)->>'a', cast($1 as timestamp(6) with time zone) + interval '1 day' from orders o1_0 where o1_0.total between symmetric $1 and $1;
select listagg.v from (select string_agg(o1_0.name, ',' order by o1_0.name) filter (where o1_0.name is not null) as v from orders o1_0) listagg;
select json_value(o1_0.data, '$.a' returning int default 0 on error), json_query(o1_0.data, '$.b' with conditional wrapper null on empty), json_exists(o1_0.data, '$.c' passing o1_0.id as x) from orders o1_0;
select t.* from orders o1_0, lateral json_table(o1_0.data, '$.lines[*]' columns (qty int path '$.q' default 0 on empty, nested path '$.tags[*]' columns (tag text path '$'))) t;
select xmlelement(name "order", xmlattributes(o1_0.id as id), xmlforest(o1_0.total, o1_0.created as "when")) from orders o1_0;

-- SQLAlchemy
SELECT orders.id, orders.total FROM orders WHERE orders.customer_id = $1::INTEGER AND orders.status IN ('a', 'b') ORDER BY orders.id LIMIT ALL OFFSET 10;
SELECT anon_1.id FROM (SELECT orders.id AS id, row_number() OVER (PARTITION BY orders.customer_id ORDER BY orders.id DESC) AS rn FROM orders) AS anon_1 WHERE anon_1.rn = 1;
SELECT orders.id FROM orders FOR UPDATE OF orders, customers NOWAIT;
INSERT INTO orders AS o (id, total, tags) VALUES (1, 2, ARRAY['a']) ON CONFLICT ON CONSTRAINT orders_pkey DO UPDATE SET total = (o.total + excluded.total) WHERE (o.total < excluded.total) RETURNING o.id, o.total;
INSERT INTO orders (name, total) SELECT p0::VARCHAR, p1::NUMERIC FROM (VALUES ('a', 1, 0), ('b', 2, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING orders.id, orders.id AS id__1;
UPDATE orders SET total=orders.total + customers.bonus FROM customers WHERE orders.customer_id = customers.id RETURNING orders.id;
UPDATE orders SET data[1] = 2, tags[1:2] = ARRAY['a', 'b'] WHERE orders.id = 3;
DELETE FROM orders USING customers WHERE orders.customer_id = customers.id AND customers.name ILIKE '%' || 'x' || '%' ESCAPE '/';
WITH RECURSIVE parts(part, sub, qty) AS (SELECT p.part AS part, p.sub AS sub, p.qty AS qty FROM p WHERE p.part = 'x' UNION ALL SELECT p.part, p.sub, p.qty FROM parts AS pr, p WHERE p.part = pr.sub) SELECT parts.sub, sum(parts.qty) AS total FROM parts GROUP BY parts.sub;
SELECT orders.tags[1] AS anon_1, (orders.data ->> 'a') AS anon_2, orders.id = ANY (ARRAY[1, 2]) AS anon_3, orders.id != ALL (SELECT 1) AS anon_4 FROM orders TABLESAMPLE bernoulli(10) REPEATABLE (5);
SELECT a.x, b.y FROM a FULL OUTER JOIN b USING (id, "day") WHERE (a.x, b.y) > (1, 2) AND a.x IS NOT DISTINCT FROM b.y GROUP BY GROUPING SETS ((a.x), ROLLUP(b.y), ()) ORDER BY a.x NULLS FIRST;
SELECT unnest(orders.tags) AS tag, jt.* FROM orders JOIN LATERAL jsonb_to_recordset(orders.data) AS jt(a INTEGER, b TEXT) ON true;

-- Prisma, TypeORM, Knex, Ecto, GORM, EF Core, jOOQ
SELECT "public"."Order"."id", "public"."Order"."total" FROM "public"."Order" WHERE ("public"."Order"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3;
SELECT "t0"."id", COALESCE("__prisma_data__", '[]'::jsonb) AS "lines" FROM "public"."Order" AS "t0" LEFT JOIN LATERAL (SELECT JSONB_AGG("__prisma_data__") AS "__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t1"."id") AS "__prisma_data__" FROM "public"."Line" AS "t1" WHERE "t0"."id" = "t1"."orderId") AS "t2") AS "t3" ON TRUE;
INSERT INTO "public"."Order" ("id","total") VALUES ($1,$2) ON CONFLICT ("id") DO UPDATE SET "total" = $3 WHERE ("public"."Order"."id" = $4 AND 1=1) RETURNING "public"."Order"."id";
SELECT "o"."id" AS "o_id", "c"."name" AS "c_name" FROM "order" "o" LEFT JOIN "customer" "c" ON "c"."id"="o"."customerId" WHERE ( ("o"."total" > $1) ) AND ( "o"."deletedAt" IS NULL ) ORDER BY "o"."id" ASC LIMIT 10;
INSERT INTO "order"("id", "total") VALUES (DEFAULT, $1) ON CONFLICT ( "id" ) DO UPDATE SET "total" = EXCLUDED."total" WHERE "order"."total" IS DISTINCT FROM EXCLUDED."total" RETURNING "id";
select "o"."id", max("o"."total") as "m" from "orders" as "o" where "o"."id" = $1 and "o"."data" @> $1 group by "o"."id" having max("o"."total") > $1 limit $1;
SELECT o0."id", o0."total", c1."name" FROM "orders" AS o0 INNER JOIN "customers" AS c1 ON c1."id" = o0."customer_id" WHERE (o0."inserted_at" > (now()::timestamp + (-1::numeric * interval '1 day'))) AND (o0."id" = ANY($1));
INSERT INTO "orders" AS o0 ("total","inserted_at") VALUES ($1,$2) ON CONFLICT ("total") DO UPDATE SET "total" = EXCLUDED."total", "n" = o0."n" + 1 RETURNING "id";
SELECT * FROM "orders" WHERE "orders"."deleted_at" IS NULL AND (total > 5 OR name LIKE '%x%') ORDER BY "orders"."id" LIMIT 1;
INSERT INTO "orders" ("created_at","total") VALUES (now(),1),(now(),2) ON CONFLICT ("id") DO UPDATE SET "total"="excluded"."total" RETURNING "id";
SELECT o."Id", o."Total", c."Name" FROM "Orders" AS o INNER JOIN "Customers" AS c ON o."CustomerId" = c."Id" WHERE o."Created" >= TIMESTAMPTZ '2025-01-01T00:00:00Z' AND c."Name" LIKE '%x%' ESCAPE '' ORDER BY o."Id" LIMIT $1 OFFSET $1;
SELECT (SELECT count(*)::int FROM "Lines" AS l WHERE o."Id" = l."OrderId"), floor(o."Total")::int, date_trunc('day', o."Created", 'UTC'), o."Created"::date FROM "Orders" AS o WHERE o."Id" = ANY ($1) OR o."Id" IS NULL;
select "alias_1"."v0" as "id" from (select "o"."id" as "v0", row_number() over (order by "o"."id") as "rn" from "public"."orders" as "o") as "alias_1" where ("rn" > 5 and "rn" <= 10) order by "rn";
insert into "orders" ("id", "total") values (1, 2) on conflict ("id") do update set "total" = excluded."total" where "orders"."total" < excluded."total";
with "t" as materialized (select 1 as "a") select "t"."a" from "t" for share;

-- Grafana, Metabase, Superset, pgjdbc
SELECT time_bucket('300.000s', "time") AS "time", avg(value) AS "value" FROM metrics WHERE "time" BETWEEN '2025-01-01T00:00:00Z' AND '2025-01-02T00:00:00Z' GROUP BY 1 ORDER BY 1;
SELECT floor(extract(epoch from "time")/300)*300 AS "time", name AS metric, avg(v) FROM m WHERE "time" >= to_timestamp(1735689600) GROUP BY 1,2 ORDER BY 1,2;
SELECT CAST("public"."orders"."created" AS date) AS "created", COUNT(*) AS "count", SUM(CASE WHEN "public"."orders"."status" = 'a' THEN 1 ELSE 0.0 END) AS "share" FROM "public"."orders" WHERE ("public"."orders"."created" >= DATE_TRUNC('month', (NOW() + (INTERVAL '-1 month')))) GROUP BY CAST("public"."orders"."created" AS date) ORDER BY CAST("public"."orders"."created" AS date) ASC;
SELECT DATE_TRUNC('day', ts) AS __timestamp, percentile_cont(0.95) WITHIN GROUP (ORDER BY v) AS "p95" FROM (SELECT * FROM m) AS virtual_table WHERE ts >= TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('day', ts) ORDER BY "p95" DESC LIMIT 10000;
COPY "orders" ("id", "total") FROM STDIN WITH (FORMAT csv, HEADER true, FORCE_NULL ("total"));
COPY (SELECT "id", "total" FROM "orders") TO STDOUT (FORMAT binary);
COPY orders FROM STDIN CSV HEADER;
TABLE orders;
VALUES (1, 'a'), (2, 'b') ORDER BY 1;
SELECT FROM orders WHERE id = 1;
