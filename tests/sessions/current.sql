CREATE TABLE ab (id int PRIMARY KEY, b int, a int, c text);
CREATE TABLE cli (id int PRIMARY KEY, tel text, nombre text);
CREATE TABLE log (id int PRIMARY KEY, kwh_consumed int, note text);
CREATE TABLE solo (id int PRIMARY KEY, kwh_consumed int);
INSERT INTO ab SELECT i, 10 + i, 20 + i, 'p' || i FROM generate_series(1, 3) i;
INSERT INTO cli VALUES (1, '555', 'Ann'), (2, '556', 'Bob');
INSERT INTO log VALUES (1, 70, 'n1'), (2, 80, 'n2');
INSERT INTO solo SELECT i, 300 + i FROM generate_series(1, 3) i;
