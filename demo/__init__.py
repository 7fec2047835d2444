"""Ordered questions about New York's flights of 2013, in SQL and in lambdas: `python -m demo.flights`."""
