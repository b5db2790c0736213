"""One reader for each form of document, and what they write with."""
