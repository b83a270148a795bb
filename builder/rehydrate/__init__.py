"""Put texts that the user holds into a release of ids."""
