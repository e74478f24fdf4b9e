"""Harness SEI exports, from request to verified object in S3.

One export, in the order in which the state machine calls::

    create_export ─ parsing ─ bodyfields, rangefields    what is asked, checked before any call
                  │         └ request ─ reports ─ fields
                  └ client  ─ http, sessions, urls, secret  the vendor's API
    check_export    ─ client ─ status                     is it ready?
    download_export ─ client, download ─ staging          over one invocation or several
    fetch_report    ─ client                              a legacy report: no polling
          └ landing ─ body ─ csvcheck                     the bytes, verified as they pass
                    ├ storage ─ upload, keys              nothing visible before it is right
                    └ result, events                      manifest and announcement
    list_exports    ─ client, storage                     for the harvest: what has not landed

A batch of them::

    plan_batch      ─ plan ─ planentry ─ selector, windows  what is asked, as a single export is
                    ├ treeforms ─ orgtree                 the org trees, from the API
                    ├ items ─ cuts                        one export each; too large teams split
                    └ estimate                            what it would take, for a dry run
    record_outcome  ─ outcomes                            how one of them ended
    close_batch     ─ ledger ─ items, outcomes            what is missing, and what to do about it

Dependencies point downwards only. `wiring` makes the real parts, `aws` AWS's clients. `settings` is
the one module that reads the environment; `errors` holds the names that the state machine matches.
"""
