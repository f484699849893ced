"""Fits of the model to datasets; the only part of the program that imports iminuit."""
