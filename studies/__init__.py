"""Longer simulations behind the numbers in ``docs/``; ``make study`` runs them."""
