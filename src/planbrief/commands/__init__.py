"""The command line: words in, exit code out; one module per verb or family of verbs.

``cli`` declares every verb, its options and the function that runs it (:data:`~planbrief.commands.cli.COMMANDS`);
``parser`` words what is said of a wrong line. The functions stand in the module of their family: ``check`` (check,
verify, locate, lineage), ``editions`` (build, editions, restore, diff, verify-edition), ``new`` (init, new, nb, guide),
``read``, ``accept`` (accept, add), ``schedule`` (schedule, deliver, status), ``list`` (list, completion), ``migrate``;
``preview/`` and ``review/`` are pages on this machine, served by what ``loopback`` has for both.
"""
