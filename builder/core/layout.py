"""Name the files and folders of a release."""

MANIFEST = "manifest.json"
CARD = "README.md"
CHARTS = "charts"
CROISSANT = "croissant.json"
DECIDED = "decisions.parquet"
CLUSTERS = "clusters.parquet"
SPLITS_KEPT = "splits.parquet"
CHANGED = "changes.parquet"
LOG = "CHANGELOG.md"
LATEST = "latest"  # a link to the newest release
WITHDRAWN = "withdrawn.json"  # beside the releases: the removed ones, and the forgotten ids that they contained
WORK = ".work"  # beside the releases: prepared segments, and the release in the making
KNOWN = "newest.json"  # in the work folder: notes on the newest release
HUB = "hub:"  # begins the address of a release on a hub


def is_description(name: str) -> bool:
    """Tell whether a file only describes a release: it follows from the manifest, or compares two releases."""
    return name in (CARD, LOG, CHANGED, CROISSANT) or name.startswith(f"{CHARTS}/")
