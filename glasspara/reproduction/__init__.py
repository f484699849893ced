"""Every table and figure of the source that can be had without its raw data: commands run on synthetic campaigns."""
