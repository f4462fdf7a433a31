"""The deployment: settings, processes and how the product is started."""

import zoneinfo

# The pinned `tzdata` package and nothing else: two machines must never disagree about when a zone's clocks change.
zoneinfo.reset_tzpath(to=[])
