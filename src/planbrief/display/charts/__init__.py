"""Charts: one module per kind of question, one style for all, drawn from packaged fonts."""
