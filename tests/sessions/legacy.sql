CREATE TABLE ab (id int PRIMARY KEY, a int, b int, c text);
CREATE TABLE cust (id int PRIMARY KEY, phone text, nm text);
CREATE TABLE log (id int PRIMARY KEY, kwh int, note text, cost int);
CREATE TABLE solo (id int PRIMARY KEY, kwh int);
INSERT INTO ab SELECT i, 10 + i, 20 + i, 'p' || i FROM generate_series(1, 3) i;
INSERT INTO cust VALUES (1, '555', 'Ann'), (2, '556', 'Bob');
INSERT INTO log VALUES (1, 70, 'n1', 140), (2, 80, 'n2', 160);
INSERT INTO solo SELECT i, 300 + i FROM generate_series(1, 3) i;
