"""Many exports as one: what a plan asks for, what became of each item, what to do about the rest.

A plan's entries become items, items become outcomes, and the ledger weighs them. Pure: the steps
read and write what this room makes.
"""
