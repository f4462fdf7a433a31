"""Keep the sites that embed the chat."""

from tickets.models import Site


def keep_site(*, row: Site) -> Site:
    """Save a site and return it. Raises ValidationError for one that cannot be."""
    row.full_clean()
    row.save()
    return row
