"""Harness SEI exports, from request to verified object in S3.

One export, in the order in which the state machine calls::

    create_export ─ request ─ reports, dates        what is asked, checked before any call
                  └ client  ─ http, urls, secret    the vendor's API
    check_export  ─ client  ─ status                is it ready?
    download_export ─ client
                    ├ body ─ csvcheck               the bytes, verified as they pass
                    ├ storage ─ keys                nothing visible before it is right
                    └ result ─ events               manifest and announcement

Dependencies point downwards only. `settings` is the one module that reads the environment;
`errors` holds the names that the state machine matches.
"""
