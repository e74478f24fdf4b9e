"""Harness SEI exports, from request to verified object in S3.

One export, in the order in which the state machine calls::

    create_export ─ parsing ─ bodyfields, rangefields    what is asked, checked before any call
                  │         └ request ─ reports ─ fields
                  └ client  ─ http, sessions, urls, secret  the vendor's API
    check_export    ─ client ─ status                     is it ready?
    download_export ─ client
    fetch_report    ─ client                              a legacy report: no polling
          └ landing ─ body ─ csvcheck                     the bytes, verified as they pass
                    ├ storage ─ upload, keys              nothing visible before it is right
                    └ result, events                      manifest and announcement
    list_exports    ─ client, storage                     for the harvest: what has not landed

Dependencies point downwards only. `wiring` makes the real parts, `aws` AWS's clients. `settings` is
the one module that reads the environment; `errors` holds the names that the state machine matches.
"""

import gc

# A start makes a hundred thousand objects that stay: looking for garbage among them again and again
# is up to a tenth of its time. What is dropped later is freed by its reference count.
gc.set_threshold(200_000)
