"""Results as figures; the only place that imports matplotlib.

Result in, ``Figure`` out; ``style.save_png`` makes bytes.
"""
