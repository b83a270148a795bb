"""Stories and splits, what earlier releases remember, and the search for leaks."""
