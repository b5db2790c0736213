"""Run notebooks: what a build would do, processes, parameters, manifest, Dask."""
