"""Reading what people and machines hand over, field by field.

Values come out typed; what is wrong is collected, so that one message can tell it all.
"""
