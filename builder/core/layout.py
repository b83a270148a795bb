"""Name the files and folders of a release."""

CHARTS = "charts"

CROISSANT = "croissant.json"


def is_description(name: str) -> bool:
    """Tell whether a file is made of the manifest, or of a comparison with another release: it adds no content."""
    return name in (CARD, LOG, CHANGED, CROISSANT) or name.startswith(f"{CHARTS}/")


HUB = "hub:"

MANIFEST = "manifest.json"
CARD = "README.md"
DECIDED = "decisions.parquet"
CLUSTERS = "clusters.parquet"
SPLITS_KEPT = "splits.parquet"
CHANGED = "changes.parquet"
LOG = "CHANGELOG.md"
WITHDRAWN = "withdrawn.json"  # beside the releases: those that were removed, and the forgotten ids that was for
LATEST = "latest"
WORK = ".work"  # beside the releases: what was prepared, and releases that are not yet whole
KNOWN = "newest.json"  # in the work folder: what is known of the newest release
