"""Where a build runs: the runner, its threads, and the versions that results depend on."""
