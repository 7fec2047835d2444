"""The ordered language row by row, in plain Python: what LANGUAGE.md says and nothing else.

Clarity over speed. Every function takes the values of one partition in sequence order and gives one value per row.
NULL is None, times are integers (nanoseconds), sums of floats are exact (Fraction), and what a float answer may be
off by stands beside it (`Near`).
"""

from . import frames, groups, joins, order, places, values

__all__ = ["frames", "groups", "joins", "order", "places", "values"]
