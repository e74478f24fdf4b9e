"""Many exports as one: what a plan asks for, what became of each item, what to do about the rest.

::

    plan, entry, selector, windows   the input, and which teams and dates it means
    trees, expansion, overlap, item  one item for each export; too large teams split at once
    estimate                         calls and time, for a dry run
    record                           plan.json, between the first step and the last
    outcomes, ledger                 how items ended; what is tried again, split, or missing
    cuts, memory                     which teams are too large: what is known, what is learned
    manifest                         a batch's manifest: the proof
    progress                         how far a batch is, for people
    defaults                         what the stack says

Pure: the steps read and write what this room makes.
"""
