"""The bench holds what every measurement stands on: files, servers, prices, and one command's cost.

Settings go in, figures come out and are kept in `results.json`; nothing here knows who is measured.
"""
