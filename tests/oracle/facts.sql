-- What the trap tables hold, in the words of neither schema.

CREATE TEMP TABLE fact_run (id int, at timestamptz, useful boolean, predicted text, cost text, note text);
INSERT INTO fact_run VALUES
    (1, '2025-01-01 00:00:00+00',        true,  '10.5',  '12.25',   'rating'),
    (2, '2024-12-31 23:59:59.999999+00', false, '20',    '3.5',     'timestamp'),
    (3, '2025-01-01 23:30:00+00',        NULL,  NULL,    NULL,      NULL),
    (4, '2025-01-02 04:59:59+00',        true,  '0',     '0',       'größer als ''x'''),
    (5, NULL,                            false, '-7.25', '-1.005',  'a "quoted" word'),
    (6, '2025-06-30 12:00:00+00',        true,  '1e3',   '99999.99', 'rating: 4'),
    (7, '2024-02-29 05:00:00+00',        NULL,  '10.5',  NULL,      'line one
line two'),
    (8, '2025-01-01 00:00:00+00',        false, '20',    '3.5',     ''),
    (9, '1999-12-31 23:59:59+00',        true,  NULL,    '7',       '日本語 🙂'),
    (10, '2025-03-30 01:30:00+00',       NULL,  '0.125', '0.01',    'rating');

CREATE TEMP TABLE fact_cons (id int, run_id int, flag boolean, at timestamptz, doc jsonb, kind text);
INSERT INTO fact_cons VALUES
    (1, 2, true,  '2025-01-01 00:00:00+00', '{"predicted": {"consumption": 1}, "rating": 4}', 'a'),
    (2, 1, false, '2025-01-02 00:00:00+00', '{"rating": 2}', 'b'),
    (4, 4, true,  '2024-12-31 23:59:59.999999+00', NULL, 'a'),
    (8, 5, NULL,  NULL, '{}', NULL),
    (9, 9, false, '1999-12-31 23:59:59+00', 'null', 'c'),
    (11, NULL, true, '2025-06-30 12:00:00+00', '{"timestamp": "x"}', 'rating');

CREATE TEMP TABLE fact_swap (id int, first int, second int, third text);
INSERT INTO fact_swap VALUES
    (1, 10, 3, 'x'), (2, 20, 2, 'y'), (3, 30, 1, 'x'), (4, 10, 4, 'z'), (5, 20, NULL, 'x'), (6, NULL, 0, NULL), (7, 10, 3, 'y');

CREATE TEMP TABLE fact_customer (id int, phone text, name text, city text, notes text, active boolean, since timestamptz);
INSERT INTO fact_customer VALUES
    (1, '+593 99 111', 'Ana Ñandú',   'Quito',     'status: active', true,  '2025-01-01 00:00:00+00'),
    (2, '+593 99 222', 'Bo',          'Guayaquil', NULL,             false, '2024-12-31 23:59:59+00'),
    (3, NULL,          'Çelik "C" O''Neil', NULL,  'status',         NULL,  '2025-02-01 12:00:00+00'),
    (4, '+593 99 444', 'Dé',          'Quito',     'city',           true,  NULL),
    (5, '+593 99 111', '',            'Cuenca',    '',               false, '2025-01-01 00:00:00+00');

CREATE TEMP TABLE fact_order (id int, customer_id int, phone text, state text, amount numeric(10,2), at timestamptz);
INSERT INTO fact_order VALUES
    (1, 1, '+593 99 111', 'paid',   10.00, '2025-01-03 00:00:00+00'),
    (2, 1, '+593 99 999', 'open',   20.50, '2025-01-04 00:00:00+00'),
    (3, 2, NULL,          'activo', 5.25,  '2025-01-05 00:00:00+00'),
    (4, 4, '+593 99 444', 'active', 7.75,  '2025-01-06 00:00:00+00'),
    (5, NULL, '+593 99 111', NULL,  1.00,  NULL);

CREATE TEMP TABLE fact_measure (id int, size double precision, who text, choice int, hint text, at timestamptz);
INSERT INTO fact_measure VALUES
    (1, 1.5,  'ana',  3, 'b', '2025-01-01 00:00:00+00'),
    (2, 2.25, 'bo',   2, 'a', '2025-01-02 00:00:00+00'),
    (3, NULL, 'çem',  1, 'c', NULL),
    (4, 1.5,  NULL,   3, NULL, '2024-12-31 23:00:00+00');

CREATE TEMP TABLE fact_gadget (id int, size int, label text, position int, owner varchar(20), long real);
INSERT INTO fact_gadget VALUES
    (1, 5, 'one', 30, 'ana', 1.5), (2, 7, 'two', 20, 'bo', 2.5), (3, NULL, 'three', 10, NULL, NULL), (4, 5, NULL, NULL, 'çem', 0);
