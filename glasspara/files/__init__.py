"""Reading and writing magnetometer files; nothing here knows physics."""
