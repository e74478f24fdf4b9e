"""Harness SEI exports, from request to verified object in S3.

::

    roof      handler  wiring  settings  aws  figures
    steps/    one module for each task state: no step knows another
    flows     download/  landing/  batch/  harvest/  notice/  freshness/    none knows another
    sent      bus
    talk      api/  bucket/  executions  stacks
    places    keys  manifest  series
    carried   export  orgtree
    request/  what is asked for
    input/    reading what people and machines hand over
    fitting   what may be long, cut for states and events
    failures  why exports failed, said in short
    ground    clock  codec  dates  errors  jsontypes  masking

An arrow between modules only ever points down, which `make check` proves. One export's way: its
step in `steps` reads the input (`input`, `request`), asks the API (`api`), moves the file
(`download`), verifies and publishes it (`landing`, `bucket`) and says so (`manifest`). Only the
roof reads the environment (`settings`) and makes clients (`aws`); `wiring` puts the parts together,
`handler` is what all functions' entries share, `figures` are metrics of what landed.
"""
