"""What the portal's forms read of their files."""

from tickets.uploads import Quota, was_cut

__all__ = ["Quota", "was_cut"]
