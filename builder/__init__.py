"""Turn tagged news files in many languages into a dataset that others can trust.

Importing this package turns off the usage reports and progress bars of the libraries below it. They read these
variables once, when they are imported, so the variables are set here, before any of them is imported.
"""

import os

__version__ = "0.5.0"

NO_REPORTS = {
    "DO_NOT_TRACK": "1",
    "DAFT_ANALYTICS_ENABLED": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_XET_TELEMETRY_ENABLED": "false",
}
NO_BARS = {"DAFT_PROGRESS_BAR": "0", "DAFT_SHOW_QUERY_ID": "0"}
os.environ.update(NO_REPORTS | NO_BARS)
