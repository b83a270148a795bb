"""Turn tagged news files in many languages into a dataset that others can trust.

Importing this package silences the usage reports of the libraries below it, and what they would
show on a terminal beside our own lines; they read these variables once, at their own import, so
they are set here, before any of them is imported.
"""

import os

__version__ = "0.4.0"

NO_REPORTS = {
    "DO_NOT_TRACK": "1",
    "DAFT_ANALYTICS_ENABLED": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_XET_TELEMETRY_ENABLED": "false",
}
NO_BARS = {"DAFT_PROGRESS_BAR": "0", "DAFT_SHOW_QUERY_ID": "0"}
os.environ.update(NO_REPORTS | NO_BARS)
