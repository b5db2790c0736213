"""From a document to draft rows: its text and tables, the grammar that proposes rows, the drafts that people review."""
