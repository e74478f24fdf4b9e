"""The benchmarks measure, simulate and write down the figures of docs/performance.md.

`run` starts `race`, `coldstart` and `simulation`, which know nothing of each other and stand on
`bench`; `report` writes down what they found.
"""
