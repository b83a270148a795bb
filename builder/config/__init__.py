"""The settings: their sections, their defaults, and how builder.toml is read."""
