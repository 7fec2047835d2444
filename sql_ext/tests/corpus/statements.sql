CREATE TABLE made (a INT NOT NULL, b VARCHAR)
INSERT INTO made VALUES (1, 'x'), (2, NULL)
INSERT INTO made (b, a) SELECT sym, ts FROM t WHERE ts < 3
SELECT * FROM made
SELECT a + 1, b FROM made WHERE a * 2 > 2
CREATE TABLE copied AS SELECT sym, sum(n) AS s FROM t GROUP BY sym
SELECT * FROM copied
CREATE OR REPLACE TABLE copied AS SELECT n + 1 AS m FROM t
SELECT * FROM copied
CREATE TABLE IF NOT EXISTS copied AS SELECT 1
CREATE VIEW seen AS SELECT sym, n * 2 AS m FROM t WHERE n > 1
SELECT * FROM seen
SELECT v.m FROM seen v JOIN u ON v.sym = u.sym
CREATE OR REPLACE VIEW seen AS SELECT 1 AS one
SELECT * FROM seen
DROP VIEW seen
DROP TABLE made
DROP TABLE IF EXISTS made
CREATE SCHEMA other
CREATE TABLE other.x AS SELECT 1 AS a
SELECT * FROM other.x
SELECT table_name FROM information_schema.tables WHERE table_schema = 'other'
SHOW COLUMNS FROM t
DESCRIBE t
PREPARE p(BIGINT) AS SELECT n + $1 FROM t WHERE n > $1
EXECUTE p(1)
DEALLOCATE p
SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 't'
SELECT $1
SELECT 1; SELECT 2
