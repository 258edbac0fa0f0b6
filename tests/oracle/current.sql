-- The trap tables as they are now. facts.sql runs before, in the same session; common.sql after.

CREATE TABLE solver_runs (
    id              int PRIMARY KEY,
    note            text,
    timestamp_utc   timestamptz,
    feedback_useful boolean,
    payload         jsonb
);
INSERT INTO solver_runs
SELECT id, note, at, useful,
       CASE id WHEN 3 THEN NULL
               WHEN 9 THEN jsonb_build_object('predicted', NULL, 'cost', cost)
               ELSE jsonb_build_object('predicted', jsonb_build_object('consumption', predicted::numeric), 'cost', cost::numeric,
                                       'rating', 5, 'timestamp', 'never') END
FROM fact_run ORDER BY id;

-- What was `a` is `b` now, and the other way round.
CREATE TABLE swapped (id int PRIMARY KEY, a int, b int, c text);
INSERT INTO swapped SELECT id, second, first, third FROM fact_swap;

-- Each name moved on by one: a → b → c → d.
CREATE TABLE chain (id int PRIMARY KEY, b int, c int, d text);
INSERT INTO chain SELECT id, first, second, third FROM fact_swap;

CREATE TABLE clientes (
    id              int PRIMARY KEY,
    estado          text,
    telefono        text,
    nombre_completo text NOT NULL,
    ciudad          text,
    notas           text,
    creado_at       timestamptz
);
INSERT INTO clientes
SELECT id, CASE active WHEN true THEN 'activo' WHEN false THEN 'inactivo' END, phone, name, city, notes, since FROM fact_customer;

CREATE TABLE messwerte (
    id        int PRIMARY KEY,
    size_cm   double precision,
    owner     text,
    choice    int,
    sort_hint text,
    taken_at  timestamptz
);
INSERT INTO messwerte SELECT id, size, who, choice, hint, at FROM fact_measure;

CREATE TABLE "Gadget Runs" (
    "Id"      int PRIMARY KEY,
    "Owner"   varchar(20),
    "Size µ"  int,
    "la""bel" text,
    "order"   int,
    "winter energy"  real
);
INSERT INTO "Gadget Runs" SELECT id, owner, size, label, position, long FROM fact_gadget;
