"""The deployment: settings, processes and how the product is started."""

import sys
import zoneinfo

# The pinned `tzdata` package and nothing else: two machines must never disagree about when a zone's clocks change.
zoneinfo.reset_tzpath(to=[])
# The log library would load it to paint tracebacks, wherever a tool has brought it along: 10 MB in every process.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
