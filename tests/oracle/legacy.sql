-- The trap tables as the services know them. facts.sql runs before, in the same session; common.sql after.

CREATE TABLE solver (
    id                    int PRIMARY KEY,
    "timestamp"           timestamptz,
    record_date           date,
    rating                int,
    predicted_consumption double precision,
    cost                  numeric(10,2),
    version               int,
    channel               text,
    note                  text
);
INSERT INTO solver
SELECT id, at, (at AT TIME ZONE 'UTC')::date, CASE WHEN useful THEN 4 ELSE 2 END, predicted::double precision, cost::numeric(10,2), 1,
       'web', note
FROM fact_run ORDER BY id;

CREATE TABLE swapped (id int PRIMARY KEY, a int, b int, c text);
INSERT INTO swapped SELECT id, first, second, third FROM fact_swap;

CREATE TABLE chain (id int PRIMARY KEY, a int, b int, c text);
INSERT INTO chain SELECT id, first, second, third FROM fact_swap;

CREATE TABLE customers (
    id           int PRIMARY KEY,
    phone_number text,
    full_name    text NOT NULL,
    city         text,
    notes        text,
    status       text,
    created_at   timestamptz
);
INSERT INTO customers
SELECT id, phone, name, city, notes, CASE active WHEN true THEN 'active' WHEN false THEN 'inactive' END, since FROM fact_customer;

CREATE TABLE "Meßwert" (
    id          int PRIMARY KEY,
    "Größe"     double precision,
    "user"      text,
    "select"    int,
    "order by"  text,
    "Timestamp" timestamptz
);
INSERT INTO "Meßwert" SELECT id, size, who, choice, hint, at FROM fact_measure;

CREATE TABLE gadget (
    id       int PRIMARY KEY,
    size     int,
    label    text,
    value    int,
    name     varchar(20),
    predicted_consumption_over_the_whole_winter_season_in_kilowatth real
);
INSERT INTO gadget SELECT id, size, label, position, owner, long FROM fact_gadget;
