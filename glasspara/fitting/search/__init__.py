"""From a start to the minimum: ``start``, then ``least_squares`` and ``minimise``; ``stages`` freeze term by term."""
