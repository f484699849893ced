"""One module for each question that the program answers besides the fit itself."""
