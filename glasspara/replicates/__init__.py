"""Seeded replicates of one task on all cores or a Dask cluster: same bits on any number of workers, resumable."""
