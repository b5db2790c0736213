"""The command line: words in, exit code out; one module per verb or family of verbs."""
