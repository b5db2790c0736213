"""One reader for each form of document, and what they write with.

``plain`` decodes texts and holds the :class:`~planbrief.reading.forms.plain.Composer` in which all others write;
``archives`` opens Word and Excel files within limits. :mod:`planbrief.reading.files` chooses the reader.
"""
