"""Reading what people and machines hand over, field by field.

Bodies by the table's kinds of fields (`kinds`, `fields`), ids (`ids`), date ranges (`days`) and the
words that stand for them (`periods`), names that look alike (`names`), a function's payload and
what it tells of the run (`payload`, `run`), the stack's parameters that are JSON (`parameter`).
Values come out typed; what is wrong is collected (`problems`), so that one message can tell it all.
"""
