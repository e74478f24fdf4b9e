"""The report carries figures from `results.json` into docs/performance.md: tables and a chart.

Nothing is measured here, and no figure is changed.
"""
