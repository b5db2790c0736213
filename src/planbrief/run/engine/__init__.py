"""Execution of notebooks: what a stock kernel would output, without a kernel to start for each one.

A notebook runs in a process of its own (``run.pool``), by IPython's own kernel and nbclient's own message code but
without sockets (``runner``). Where that cannot be set up, it goes through nbclient and a real kernel (``execution``).

papermill loads ``papermill_engine`` whenever it is imported itself, so nothing is imported here.
"""
