"""Talking to S3: JSON documents, and objects that appear whole or not at all.

    documents ─ many                     JSON, one at a time or many
    objects   ─ many, stored             what is there
              └ publish                  one object, visible only when it is right
                └ parts ─ multipart      its bytes on their way; also those of a staged download

What S3 refuses is translated here (`refusals`) into the errors that the state machine matches.
"""
