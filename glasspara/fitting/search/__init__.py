"""From a start to the minimum: ``start``, then ``least_squares`` and ``minimise``; other ways are in ``methods``."""
