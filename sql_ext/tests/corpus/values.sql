SELECT d + INTERVAL '1 day', d - INTERVAL '1 month', d - DATE '2024-01-01' FROM dates
SELECT w + INTERVAL '90 minutes', w - TIMESTAMP '2024-01-01 00:00:00' FROM dates
SELECT date_trunc('hour', w), date_bin(INTERVAL '15 minutes', w, TIMESTAMP '2024-01-01'), to_char(d, '%Y/%m') FROM dates
SELECT extract(dow FROM d), extract(epoch FROM w), make_date(2024, 2, 29) FROM dates
SELECT w::DATE, d::TIMESTAMP, to_timestamp('2024-01-01T00:00:00') FROM dates
SELECT d < DATE '2024-02-01', w >= '2024-01-01 10:00:00' FROM dates
SELECT DATE '2024-01-31' + INTERVAL '1 month', TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '1 year 2 months 3 days 4 hours'
SELECT w AT TIME ZONE 'UTC' FROM dates
SELECT current_date = current_date, now() = now()
SELECT upper(sym), lower(sym), length(sym), char_length(sym), reverse(sym), repeat(sym, 2), lpad(sym, 3, '*'), rpad(sym, 3, '*') FROM t
SELECT concat(sym, n, px), concat_ws('-', sym, n), left('abc', 2), right('abc', 2), initcap('hello world') FROM t
SELECT replace('abcabc', 'b', 'X'), split_part('a,b,c', ',', 2), strpos('abc', 'c'), substr('abcdef', 2, 3), translate('abc', 'ab', 'xy'), starts_with('abc', 'ab')
SELECT regexp_replace('foobar', 'o+', '0'), regexp_like('abc', 'b'), regexp_match('abc123', '[0-9]+'), regexp_count('aaa', 'a')
SELECT ascii('A'), chr(66), md5('x'), encode('abc', 'hex'), to_hex(255)
SELECT trim('  x '), ltrim('  x'), rtrim('x  '), btrim('xxaxx', 'x')
SELECT 'abc' LIKE 'a%', 'abc' NOT LIKE '%d', 'a_c' LIKE 'a\_c', 'ABC' ILIKE 'abc'
SELECT [1, 2, 3], [1, 2, 3][1], array_length([1, 2]), make_array(1, NULL)
SELECT array_append([1], 2), array_concat([1], [2]), array_contains([1, 2], 2), array_position([1, 2], 2), array_slice([1, 2, 3], 1, 2)
SELECT [1, 2, 3][1:2], [1, 2, 3][-1]
SELECT array_sort([3, 1, 2]), array_distinct([1, 1]), array_to_string([1, 2], ','), cardinality([1, 2]), flatten([[1], [2]])
SELECT unnest([1, 2, 3])
SELECT unnest([1, 2]), unnest([3, 4, 5])
SELECT * FROM unnest([1, 2]) AS u(x)
SELECT unnest([1, 2]) + 1
SELECT struct(1, 'a'), named_struct('x', 1, 'y', 'b'), {'a': 1, 'b': 'c'}
SELECT {'a': 1}['a'], s.a FROM (SELECT {'a': 5} AS s) q
SELECT map {'k': 1}, map_keys(map {'k': 1}), map(['a'], [1])
SELECT range(3), generate_series(1, 3)
SELECT * FROM generate_series(1, 3)
SELECT * FROM range(0, 6, 2)
SELECT array_transform([1, 2], x -> x + 1)
SELECT array_agg(x) FROM (SELECT unnest([1, 2]) AS x)
SELECT 1 IN (1, 2), 3 NOT IN (1, 2), NULL IN (1)
SELECT 1 BETWEEN 0 AND 2, 1 IS NOT NULL, NULL IS NULL
SELECT nanvl('NaN'::DOUBLE, 1.0), isnan('NaN'::DOUBLE), 'inf'::DOUBLE > 1
SELECT pi(), exp(0), ln(1), log(10, 100), trunc(1.55, 1), gcd(4, 6), lcm(4, 6), factorial(4)
SELECT 0.1 + 0.2, 1.0 / 3, CAST(1 AS DECIMAL(5, 2)) / 3
SELECT CAST('12' AS INT), CAST(1.9 AS INT), CAST(true AS INT), '1'::DOUBLE
SELECT CAST(1 AS TINYINT), CAST(1 AS SMALLINT), CAST(1 AS REAL), CAST('x' AS VARCHAR(3)), CAST('a' AS BYTEA)
SELECT -(-1), +1, - 1, 2 - -2, 2 * -3
SELECT 1 + 2 * 3 - 4, (1 + 2) * (3 - 4), 7 % 4 * 2
SELECT NULL + 1, 1 * NULL, -NULL::INT
SELECT 'a' || 1, 1 || 'a'
SELECT ifnull(NULL, 1), nvl(NULL, 2), nvl2(1, 2, 3)
SELECT uuid() IS NOT NULL, random() < 1
SELECT arrow_typeof(1 + 1), arrow_typeof(1 + 1.5), arrow_typeof(CAST(1 AS INT) * CAST(1 AS BIGINT)), arrow_typeof(CAST(1 AS INT UNSIGNED) + 1)
SELECT CAST(1 AS INT UNSIGNED) - CAST(2 AS BIGINT), CAST(200 AS TINYINT UNSIGNED) + CAST(50 AS TINYINT UNSIGNED)
SELECT digest('x', 'sha256') IS NOT NULL, bit_length('a'), octet_length('a'), levenshtein('a', 'b')
