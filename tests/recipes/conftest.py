"""The recipes import schedulers that are no dependencies: pytest leaves them alone, `make recipes` runs them."""

collect_ignore_glob = ["*.py", "*/*.py"]
