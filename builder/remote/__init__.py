"""Read and write releases on a hub or in an object store."""
