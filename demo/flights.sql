-- Seven questions about every flight that left New York in 2013, in LTSeq SQL.
-- The same questions as lambdas stand in flights.py; `make demo` runs both and compares.
-- dep and arr are when a flight left and landed, sched is when it was to leave (see data.py).

-- ground: Time on the ground between two flights of an aircraft. Less than none? Then the record is wrong.
SELECT tailnum, SHIFT(dest) AS out_to, SHIFT(arr) AS landed, dep, dep - SHIFT(arr) AS ground
FROM flights ORDERED BY dep PARTITION BY tailnum
WHERE arr IS NOT NULL
QUALIFY ground < INTERVAL '0 minutes'
ORDER BY ground, tailnum LIMIT 5;

-- work: The longest days of work: a pause of more than six hours ends one.
SELECT tailnum, FIRST(dep) AS began, LAST(arr) AS ended, COUNT(*) AS flights, SUM(distance) AS miles
FROM flights ORDERED BY dep PARTITION BY tailnum
WHERE arr IS NOT NULL
GROUP ORDERED WHEN dep - SHIFT(arr) > INTERVAL '6 hours'
ORDER BY flights DESC, miles DESC, tailnum LIMIT 5;

-- streak: How many flights in a row did an airline send off late?
SELECT a.name AS airline, MAX(STREAK(f.dep_delay > 0)) AS late_in_a_row, COUNT(*) AS flights
FROM flights AS f LINK airlines AS a ON f.carrier = a.carrier ORDERED BY f.dep
WHERE f.dep IS NOT NULL
GROUP BY a.name
ORDER BY late_in_a_row DESC, airline LIMIT 5;

-- delay: The mean delay of the last seven days at each airport, week by week.
WITH rolled AS (
  SELECT origin, date_trunc('week', sched) AS week, ROLLING(AVG(dep_delay), INTERVAL '7 days') AS delay
  FROM flights ORDERED BY sched PARTITION BY origin
)
SELECT origin, week, LAST(delay) AS delay FROM rolled
GROUP ORDERED BY week;

-- buildup: Does delay build up over an aircraft's day of work? By the how-manieth flight it is.
SELECT leg, COUNT(*) AS flights, AVG(delay) AS delay, AVG(so_far) AS so_far
FROM (SELECT RUN_POS() + 1 AS leg, dep_delay AS delay, CUM_SUM(dep_delay) AS so_far
      FROM flights ORDERED BY dep PARTITION BY tailnum
      WHERE arr IS NOT NULL
      GROUP ORDERED WHEN dep - SHIFT(arr) > INTERVAL '6 hours' ALL ROWS PER RUN)
GROUP BY leg ORDER BY leg LIMIT 5;

-- oldest: The oldest aircraft on paper, and where each was last seen going.
SELECT p.year AS built, f.tailnum, p.manufacturer, a.name AS airline, COUNT(*) AS flights,
       LAST(f.dest) AS last_to, LAST(f.dep) AS last_seen
FROM flights AS f LINK airlines AS a ON f.carrier = a.carrier LINK planes AS p ON f.tailnum = p.tailnum ORDERED BY f.dep
WHERE f.dep IS NOT NULL
GROUP BY p.year, f.tailnum, p.manufacturer, a.name
ORDER BY built, f.tailnum LIMIT 5;

-- storm: The longest runs of cancelled flights. What happened on the 8th of February?
SELECT origin, FIRST(sched) AS since, LAST(sched) AS until, COUNT(*) AS cancelled
FROM flights ORDERED BY sched PARTITION BY origin
GROUP ORDERED BY dep IS NULL
HAVING dep IS NULL
ORDER BY cancelled DESC, since LIMIT 5;
