"""One document model in, HTML and PDF out."""
